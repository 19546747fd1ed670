import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect } from "chai";
import * as tf from "likewise/tf";
import type { Program } from "../../../lib/contracts/engine.js";
import { EngineError } from "../../../lib/errors.js";
import { CompiledEngine } from "../../../lib/engine/index.js";
import { NativeThread } from "../../../lib/engine/onnx/native-thread.js";
import { loadRuntime } from "../../../lib/engine/onnx/session.js";
import { hostTensor } from "../../../lib/tensor/host.js";
import { failure } from "../descend.js";

describe("the thread of the compiled engine", () => {
  it("leaves timers running while it computes", async () => {
    /** A thousand products of matrices: a good while in one run. */
    const long: Program = (_carried, { x }) => {
      let product = x as tf.Tensor2D;
      for (let i = 0; i < 40; i += 1) product = tf.matMul(product, x as tf.Tensor2D);
      return { reported: { product } };
    };
    await using engine = await CompiledEngine.open({ threads: 1 });
    await using session = await engine.start({ long }, {});
    const inputs = { x: hostTensor(new Float32Array(512 * 512).fill(1 / 512), [512, 512]) };
    await session.run("long", inputs);
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 5);
    const start = performance.now();
    await session.run("long", inputs);
    const took = performance.now() - start;
    clearInterval(timer);
    expect(took, "long enough to show anything").to.be.greaterThan(50);
    // A machine that is busy otherwise may lose some.
    expect(ticks).to.be.greaterThan(took / 5 / 4);
  });

  it("gives what the runtime says about a file that is none, and goes on", async () => {
    const thread = await NativeThread.start();
    try {
      await thread.ask({ type: "open", session: 1, carried: {}, threads: 1, provider: "cpu" });
      const plan = { inputs: [], outputs: [], update: null };
      const code = new Uint8Array([1, 2, 3]);
      const error = await failure(thread.ask({ type: "load", session: 1, graph: 1, code, plan }));
      expect(error).to.be.instanceOf(EngineError);
      expect(error.message).to.match(/protobuf|model/i);
      expect(thread.alive).to.equal(true);
      expect(await thread.ask({ type: "read", session: 1, names: [] })).to.deep.equal([]);
    } finally {
      await thread.stop();
    }
  });

  it("fails whoever waits when it ends, and everyone after", async () => {
    const thread = await NativeThread.start();
    const asked = failure(thread.ask({ type: "open", session: 1, carried: {}, threads: 1, provider: "cpu" }));
    await thread.stop();
    for (const error of [await asked, await failure(thread.ask({ type: "close", session: 1 }))]) {
      expect(error).to.be.instanceOf(EngineError);
      expect(error.message).to.match(/has stopped: the engine was closed/);
    }
    expect(thread.alive).to.equal(false);
  });

  it("lets a process end that has not closed its engine, but not before an answer that is awaited", async () => {
    const root = new URL("../../../", import.meta.url);
    const code = `
      const tf = await import("likewise/tf");
      const { CompiledEngine } = await import(${JSON.stringify(new URL("lib/engine/index.ts", root).href)});
      const engine = await CompiledEngine.open({ threads: 1 });
      const session = await engine.start({ add: ({ a }) => ({ reported: { sum: tf.add(a, 1) } }) }, { a: { data: Float32Array.of(41), shape: [] } });
      console.log((await session.run("add", {})).sum.data[0]);
    `;
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
    const options = ["--conditions=likewise-source", `--import=${tsx}`, "--input-type=module", "--eval", code];
    const child = spawn(process.execPath, options, { cwd: fileURLToPath(root), timeout: 15_000 });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    const [exit] = (await once(child, "close")) as [number | null];
    expect(output.trim()).to.equal("42");
    expect(exit).to.equal(0);
  });
});

describe("loadRuntime", () => {
  it("says how to install onnxruntime-node when it is not there, or broken", async () => {
    const missing = Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
    const error = await failure(loadRuntime(() => Promise.reject(missing)));
    expect(error).to.be.instanceOf(EngineError);
    expect(error.message).to.match(/is not installed; install it: npm install onnxruntime-node@\d+\.\d+\.\d+ /);
    expect(error.message).to.match(/onnxruntime-node-install=skip/);
    const broken = new Error("libonnxruntime.so.1: cannot open shared object file\nRequire stack:");
    const other = await failure(loadRuntime(() => Promise.reject(broken)));
    expect(other.message).to.match(
      /does not load: libonnxruntime.so.1: cannot open shared object file; install it again/,
    );
    expect(other.cause).to.equal(broken);
  });
});
