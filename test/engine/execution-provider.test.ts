import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { ConfigError, EngineError, ProviderError } from "../../lib/errors.js";
import { chooseEngine } from "../../lib/engine/choose-engine.js";
import { NativePrograms, NotCompiled } from "../../lib/engine/native-programs.js";
import { NativeThread } from "../../lib/engine/onnx/native-thread.js";
import { requireProvider } from "../../lib/engine/onnx/require-provider.js";
import { expectClose } from "../support/close.js";
import { vulkanDriver } from "../support/vulkan-driver.js";
import { descend, failure, line, origin } from "./descend.js";

interface Trained {
  readonly problem?: string;
  readonly engine: string;
  readonly losses: readonly number[];
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  readonly warnings: readonly string[];
  readonly embeddings: readonly number[];
}

/** Trains in a process of its own. */
function train(provider: string): Trained {
  const step = fileURLToPath(new URL("./provider-step.ts", import.meta.url));
  const given = [...process.execArgv, "--conditions=likewise-source", "--import=tsx", step, provider];
  const ended = spawnSync(process.execPath, given, { encoding: "utf8", env: { ...process.env, ...vulkanDriver } });
  const last = ended.stdout.trimEnd().split("\n").at(-1) ?? "";
  expect(last, ended.stderr).to.match(/^\{/u);
  return JSON.parse(last) as Trained;
}

describe("executionProvider", () => {
  it("is the processor when nobody asks, and when it is asked for", async () => {
    for (const executionProvider of [null, "cpu"]) {
      const { engine } = await chooseEngine({ engine: "compiled", executionProvider });
      expect(engine.description).to.match(/\(CPU, /u);
      await engine[Symbol.asyncDispose]();
    }
  });

  it("that the runtime has not is an error that lists those it has, also when any engine would do", async () => {
    for (const engine of ["auto", "compiled"] as const) {
      const error = await failure(chooseEngine({ engine, executionProvider: "abacus" }));
      expect(error).to.be.instanceOf(EngineError);
      expect(error.message).to.match(
        /^executionProvider: "abacus" is not in the installed onnxruntime-node .* has cpu\b/u,
      );
    }
  });

  it("is refused together with the eager engine", async () => {
    const error = await failure(chooseEngine({ engine: "eager", executionProvider: "webgpu" }));
    expect(error).to.be.instanceOf(ConfigError);
    expect(error.message).to.contain('executionProvider: "webgpu" runs compiled steps, but engine: "eager" runs none');
  });

  it("that is known works, or says before training what the runtime says and what it needs", async () => {
    const thread = await NativeThread.start();
    try {
      expect(thread.providers).to.include("cpu");
      for (const provider of thread.providers) {
        const error = await requireProvider(thread, provider).then(
          () => null,
          (problem: unknown) => problem as EngineError,
        );
        if (provider === "cpu") expect(error).to.equal(null);
        if (error === null) continue;
        expect(error, provider).to.be.instanceOf(EngineError);
        expect(error.message).to.match(new RegExp(`^executionProvider: "${provider}" does not work here: .+; .+`, "u"));
        expect(error.cause).to.be.instanceOf(Error);
      }
    } finally {
      await thread.stop();
    }
  });

  it("of NVIDIA multiplies float32 as such, unless the environment says something", async () => {
    const before = process.env["NVIDIA_TF32_OVERRIDE"];
    const seen: (string | undefined)[] = [];
    const thread = {
      ...{ version: "1.30.0", providers: ["cpu", "cuda", "webgpu"] },
      ask: () => Promise.resolve(seen.push(process.env["NVIDIA_TF32_OVERRIDE"])),
    } as unknown as NativeThread;
    try {
      delete process.env["NVIDIA_TF32_OVERRIDE"];
      await requireProvider(thread, "webgpu");
      await requireProvider(thread, "cuda");
      process.env["NVIDIA_TF32_OVERRIDE"] = "1";
      await requireProvider(thread, "cuda");
      expect(seen).to.deep.equal([undefined, "0", "1"]);
    } finally {
      delete process.env["NVIDIA_TF32_OVERRIDE"];
      if (before !== undefined) process.env["NVIDIA_TF32_OVERRIDE"] = before;
    }
  });

  it("webgpu trains full and short batches as the processor does, where SwiftShader or a graphics driver is installed", function () {
    this.timeout(60_000);
    const webgpu = train("webgpu");
    if (webgpu.problem !== undefined) {
      expect(webgpu.problem).to.match(/^executionProvider: "webgpu" (?:does not work here|is not in the installed)/u);
      console.log(`    executionProvider webgpu is not compared with the processor: ${webgpu.problem}`);
      this.skip();
    }
    const cpu = train("cpu");
    expect(webgpu.engine).to.match(/\(webgpu, 1 thread\)/u);
    expect(webgpu.warnings).to.deep.equal(cpu.warnings);
    expect(cpu.losses.length).to.equal(6);
    expectClose(webgpu.losses, cpu.losses, { relative: 1e-5, absolute: 1e-5 });
    expectClose(webgpu.embeddings, cpu.embeddings, { relative: 1e-4, absolute: 1e-5 });
    expect(Object.keys(webgpu.parameters)).to.deep.equal(Object.keys(cpu.parameters));
    for (const [name, values] of Object.entries(cpu.parameters))
      expectClose(webgpu.parameters[name], values, { relative: 1e-4, absolute: 1e-5, what: name });
  });

  for (const refused of ["load", "run"] as const) {
    it(`that refuses to ${refused} a graph after it has worked is an error of its own; the processor gives way to eager steps`, async () => {
      const native = (provider: string): Promise<NativePrograms> => {
        const thread = {
          alive: true,
          ask: ({ type }: { readonly type: string }) =>
            type === refused
              ? Promise.reject(new EngineError("no kernel for Frobnicate\nat node 7"))
              : Promise.resolve(null),
        } as unknown as NativeThread;
        return NativePrograms.open(thread, 1, origin(), { threads: 1, provider });
      };
      const request = { inputs: line, noise: undefined, accept: [] };
      const error = await failure((await native("webgpu")).run("step", descend, request));
      expect(error).to.be.instanceOf(ProviderError);
      expect(error).to.include({ code: "PROVIDER", provider: "webgpu", program: "step" });
      expect(error.message).to.equal(
        'executionProvider: "webgpu" cannot run program "step": no kernel for Frobnicate; leave the option out to run on the ' +
          "processor, or choose another provider",
      );
      expect(error.cause).to.be.instanceOf(EngineError);
      expect(await failure((await native("cpu")).run("step", descend, request))).to.be.instanceOf(NotCompiled);
    });
  }
});
