import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { EngineError } from "../../lib/errors.js";
import { backendInUse, openFirst, prepareBackend } from "../../lib/tensor/backend.js";
import type { BackendCandidate } from "../../lib/tensor/backend-candidates.js";
import { readEngineVariable } from "../../lib/tensor/engine-variable.js";
import { requireOneVersion } from "../../lib/tensor/one-version.js";

const absent = (): Promise<string> =>
  Promise.reject(
    Object.assign(new Error("Cannot find package '@tensorflow/tfjs-node' imported from x"), {
      code: "ERR_MODULE_NOT_FOUND",
    }),
  );
const broken = (): Promise<string> =>
  Promise.reject(new Error("libtensorflow.so.2: cannot open shared object file\nmore"));
const works = (text: string) => (): Promise<string> => Promise.resolve(text);

describe("choosing a tfjs backend", () => {
  it("takes the first that loads and warns of what is installed but broken, not of what is absent", async () => {
    const warnings: string[] = [];
    const list: BackendCandidate[] = [
      { name: "tfjs-node-gpu", open: absent },
      { name: "tfjs-node", open: broken },
      { name: "wasm", open: works("wasm (SIMD)") },
      { name: "cpu", open: works("never") },
    ];
    expect(await openFirst(list, (text) => warnings.push(text))).to.deep.equal({
      name: "wasm",
      description: "wasm (SIMD)",
    });
    expect(warnings).to.deep.equal([
      "likewise cannot use tfjs-node: libtensorflow.so.2: cannot open shared object file",
    ]);
  });

  it("lists every reason when none loads", async () => {
    const list: BackendCandidate[] = [
      { name: "tfjs-node-gpu", open: absent },
      { name: "wasm", open: broken },
    ];
    const error = await openFirst(list, () => undefined).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(EngineError);
    expect((error as Error).message).to.equal(
      "no tfjs backend loads here\n  - tfjs-node-gpu: is not installed\n  - wasm: libtensorflow.so.2: cannot open shared object file",
    );
    expect((error as Error).cause).to.be.instanceOf(Error);
  });

  it("is done once: the same again is fine, another is an error", async () => {
    const description = await prepareBackend();
    expect(await prepareBackend()).to.equal(description);
    expect(description.startsWith(backendInUse() ?? "none")).to.equal(true);
    const other = description.startsWith("cpu") ? "wasm" : "cpu";
    const error = await prepareBackend(other).then(
      () => null,
      (reason: unknown) => reason as Error,
    );
    expect(error).to.be.instanceOf(EngineError);
    expect(error?.message).to.include(`backend ${other} was asked for`).and.include(description);
    expect(await prepareBackend()).to.equal(description);
  });

  it("happens on request, not on import; concurrent requests share one start; a failed one can be repeated", () => {
    const backend = new URL("../../lib/tensor/backend.ts", import.meta.url).href;
    const program = `
      const { prepareBackend } = await import(${JSON.stringify(backend)});
      const tf = await import("likewise/tf");
      const seen = [tf.getBackend() ?? null, process.listenerCount("uncaughtException")];
      seen.push(await prepareBackend("tfjs-node").catch((error) => error.code));
      seen.push(...await Promise.all([prepareBackend(), prepareBackend(), prepareBackend("cpu")]));
      seen.push(tf.getBackend(), process.listenerCount("uncaughtException"), process.listenerCount("unhandledRejection"));
      console.log(JSON.stringify(seen));`;
    const output = execFileSync(
      process.execPath,
      ["--conditions=likewise-source", "--import", "tsx", "--input-type=module", "-e", program],
      {
        cwd: fileURLToPath(new URL("../..", import.meta.url)),
        env: { ...process.env, LIKEWISE_ENGINE: "cpu" },
        encoding: "utf8",
      },
    );
    const cpu = "cpu (plain JavaScript)";
    expect(JSON.parse(output)).to.deep.equal([null, 0, "ENGINE", cpu, cpu, cpu, "cpu", 0, 0]);
  }).timeout(20_000);
});

describe("LIKEWISE_ENGINE", () => {
  it("names an engine or a backend", () => {
    expect(readEngineVariable("")).to.deep.equal({ engine: "auto", backend: null });
    expect(readEngineVariable("compiled")).to.deep.equal({ engine: "compiled", backend: null });
    expect(readEngineVariable("wasm")).to.deep.equal({ engine: "eager", backend: "wasm" });
    expect(readEngineVariable("tfjs-node-gpu")).to.deep.equal({ engine: "eager", backend: "tfjs-node-gpu" });
  });

  it("with another value is an error that lists the known ones", () => {
    expect(() => readEngineVariable("fast")).to.throw(
      EngineError,
      /"fast"; expected auto, eager, compiled, tfjs-node-gpu, tfjs-node, wasm, cpu/,
    );
  });
});

describe("two versions of tfjs", () => {
  it("are an error that names both; two copies of one version are not", () => {
    const root = mkdtempSync(join(tmpdir(), "likewise-"));
    try {
      const copy = (folder: string, version: string): string => {
        const place = join(root, folder, "node_modules/@tensorflow/tfjs-core");
        mkdirSync(join(place, "dist"), { recursive: true });
        writeFileSync(join(place, "package.json"), JSON.stringify({ version }));
        return join(place, "dist/tf-core.node.js");
      };
      const [first, second, third] = [copy("a", "4.22.0"), copy("b", "4.22.0"), copy("c", "4.20.0")] as const;
      requireOneVersion([]);
      requireOneVersion([first, second, join(root, "other.js")]);
      expect(() => requireOneVersion([first, third])).to.throw(EngineError, /4\.22\.0 .*and 4\.20\.0/);
      requireOneVersion();
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
