import { expect } from "chai";
import { Trainer, type Targets } from "likewise";
import * as tf from "likewise/tf";
import { TinyLoader, TinyLoss, TinyModel, tinySamples } from "../support/tiny.js";
import { watch } from "../support/watch.js";

/** Looks at a number in the middle of the step, which no graph can. */
class Peeking extends TinyLoss {
  override compute(parameters: { readonly scale: tf.Scalar }, embeddings: tf.Tensor2D, targets: Targets<"group">) {
    if ((tf.sum(embeddings).dataSync()[0] ?? 0) > 1e9) throw new Error("too large");
    return super.compute(parameters, embeddings, targets);
  }
}

describe("A step that cannot be compiled", () => {
  it("runs eagerly with the same numbers, and says why once for each program", async function () {
    const train = new TinyLoader(tinySamples(6, 8), 12);
    const run = async (engine: "eager" | "compiled"): Promise<ReturnType<typeof watch>> => {
      class Model extends TinyModel {
        override configureLoss() {
          return new Peeking();
        }
      }
      const trainer = new Trainer({ progress: false, maxEpochs: 2, engine });
      const seen = watch(trainer);
      await trainer.fit(new Model(), { train });
      return seen;
    };
    const compiled = await run("compiled").catch((error: unknown) => {
      if ((error as Error).name === "EngineError") this.skip();
      throw error;
    });
    expect(compiled.losses()).to.deep.equal((await run("eager")).losses());
    const warnings = compiled.of("warning").filter(({ code }) => code === "ENGINE");
    expect(warnings).to.have.length(1);
    expect(warnings[0]?.message).to.match(
      /program "step" cannot be compiled and runs eagerly.*dataSync.*engine-fallback\.test\.ts/u,
    );
  });
});
