import { expect } from "chai";
import { Trainer } from "likewise";
import { constant, sgd, warmup } from "likewise/optim";
import { TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";
import { watch } from "../support/watch.js";

class Warming extends TinyModel {
  override configureOptimizer() {
    return sgd({ learningRate: warmup(4, constant(1)) });
  }
}

describe("The logged learning rate", () => {
  it("is that of the update it is logged with, and of the last one at the end of an epoch", async () => {
    const trainer = new Trainer({ progress: false, maxEpochs: 2, logEvery: 1 });
    const seen = watch(trainer);
    await trainer.fit(new Warming(), { train: new TinyLoader(tinySamples(6, 6), 12) });
    const rates = (scope: "step" | "epoch"): (number | undefined)[] =>
      seen.of("metrics").flatMap((event) => (event.scope === scope ? [event.values["learningRate"]] : []));
    expect(rates("step")).to.deep.equal([0.25, 0.5, 0.75, 1, 1, 1]);
    expect(rates("epoch")).to.deep.equal([0.75, 1]);
  });
});
