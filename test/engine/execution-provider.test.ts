import { expect } from "chai";
import { ConfigError, EngineError } from "../../lib/errors.js";
import { chooseEngine } from "../../lib/engine/choose-engine.js";
import { NativeThread } from "../../lib/engine/onnx/native-thread.js";
import { requireProvider } from "../../lib/engine/onnx/require-provider.js";
import { failure } from "./descend.js";

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
});
