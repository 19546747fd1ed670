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

/** Weighs by a number that is another each time it is asked. */
class Counting extends TinyLoss {
  #asked = 0;
  override compute(parameters: { readonly scale: tf.Scalar }, embeddings: tf.Tensor2D, targets: Targets<"group">) {
    this.#asked += 1;
    return super.compute(parameters, tf.mul(embeddings, 1 / this.#asked), targets);
  }
}

/** Draws without the run's seed. */
class Drawing extends TinyLoss {
  override compute(parameters: { readonly scale: tf.Scalar }, embeddings: tf.Tensor2D, targets: Targets<"group">) {
    // eslint-disable-next-line no-restricted-syntax -- what a user might write
    return super.compute(parameters, tf.mul(embeddings, 1 + Math.random()), targets);
  }
}

/** Holds a table that is not made in the step. */
class Holding extends TinyLoss {
  readonly #table = Float32Array.from({ length: 4096 }, (_, at) => Math.sin(at * at));
  override compute(parameters: { readonly scale: tf.Scalar }, embeddings: tf.Tensor2D, targets: Targets<"group">) {
    const shift = tf.mean(tf.square(tf.tensor1d(this.#table)));
    return super.compute(parameters, tf.add(embeddings, shift), targets);
  }
}

describe("A step that cannot be compiled", () => {
  const train = new TinyLoader(tinySamples(6, 8), 12);
  const run = async (engine: "eager" | "compiled", loss: () => TinyLoss): Promise<ReturnType<typeof watch>> => {
    class Model extends TinyModel {
      override configureLoss() {
        return loss();
      }
    }
    const trainer = new Trainer({ progress: false, maxEpochs: 2, engine });
    const seen = watch(trainer);
    await trainer.fit(new Model(), { train });
    return seen;
  };
  const cases: readonly (readonly [what: string, loss: () => TinyLoss, why: RegExp, repeats: boolean])[] = [
    ["looks at a number", () => new Peeking(), /dataSync.*engine-fallback\.test\.ts/u, true],
    ["draws from Math.random", () => new Drawing(), /Math\.random.*engine-fallback\.test\.ts/u, false],
    ["holds a large table", () => new Holding(), /\[4096\].*engine-fallback\.test\.ts/u, true],
    ["counts its calls", () => new Counting(), /engine-fallback\.test\.ts/u, false],
  ];

  for (const [what, loss, why, repeats] of cases) {
    it(`because its loss ${what} runs eagerly, and says why once for each program`, async function () {
      const compiled = await run("compiled", loss).catch((error: unknown) => {
        if ((error as Error).name === "EngineError") this.skip();
        throw error;
      });
      const losses = compiled.losses();
      expect(losses.length).to.be.greaterThan(3);
      expect(losses.every(Number.isFinite)).to.equal(true);
      if (repeats) expect(losses).to.deep.equal((await run("eager", loss)).losses());
      const warnings = compiled.of("warning").filter(({ code }) => code === "ENGINE");
      expect(warnings).to.have.length(1);
      expect(warnings[0]?.message).to.match(/program "step" cannot be compiled and runs eagerly/u);
      expect(warnings[0]?.message).to.match(why);
    });
  }
});
