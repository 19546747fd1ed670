import { expect } from "chai";
import { TrainableModel, Trainer, type TrainEvent } from "likewise";
import { VectorEncoder } from "likewise/encoders";
import { DenseHead } from "likewise/heads";
import { TripletLoss } from "likewise/losses";
import { adam } from "likewise/optim";
import { CompiledEngine } from "../../lib/engine/index.js";
import { temporaryFolder } from "../support/folder.js";
import { TinyLoader, tinySamples } from "../support/tiny.js";

class Model extends TrainableModel<"group", readonly number[]> {
  override configureEncoders() {
    return new VectorEncoder(64);
  }
  override configureHead(inputSize: number) {
    return new DenseHead(inputSize, { outputSize: 32 });
  }
  override configureLoss() {
    return new TripletLoss({ mining: "semi-hard" });
  }
  override configureOptimizer() {
    return adam({ learningRate: 0.001 });
  }
}

/** Full batches of 64, and a last one of 24, which graphs for one size and for all sizes round differently. */
const train = new TinyLoader(tinySamples(19, 8, 64), 64);
const validation = new TinyLoader(tinySamples(6, 3, 64, 2), 7);

/** Losses by step, and validation losses, of a run or of what is left of one. */
async function losses(
  options: Partial<ConstructorParameters<typeof Trainer>[0]>,
  resume?: "last",
): Promise<Map<string, number>> {
  const seen = new Map<string, number>();
  const trainer = new Trainer({ engine: "compiled", threads: 1, progress: false, maxEpochs: 40, ...options });
  trainer.events$.subscribe((event: TrainEvent) => {
    if (event.type === "step") seen.set(`step ${event.step}`, event.loss);
    if (event.type !== "metrics") return;
    const loss = event.values["validation/loss"];
    if (loss !== undefined) seen.set(`validation ${event.step}`, loss);
  });
  await trainer.fit(new Model(), { train, validation }, resume === undefined ? {} : { resume });
  return seen;
}

describe("A compiled run with batches of several sizes", () => {
  before(async function () {
    const engine = await CompiledEngine.open().catch(() => null);
    if (engine === null) this.skip();
    await engine[Symbol.asyncDispose]();
  });

  it("goes on bit for bit wherever it was stopped", async function () {
    this.timeout(120_000);
    const whole = await losses({ checkpoint: false });
    expect([...whole.keys()].filter((key) => key.startsWith("step")).length).to.equal(120);
    // In the middle of an epoch, before its short batch; after its end; before and after the short batch gets a graph of its own.
    for (const stop of [2, 3, 10, 97, 101]) {
      await using folder = await temporaryFolder();
      const before = await losses({ runDir: folder.path, maxSteps: stop });
      const after = await losses({ runDir: folder.path }, "last");
      expect(after.size).to.be.greaterThan(0);
      // A run that stops within an epoch ends with a validation of its own.
      before.delete(`validation ${stop}`);
      for (const [key, loss] of [...before, ...after])
        expect(loss, `stopped after ${stop}, ${key}`).to.equal(whole.get(key));
    }
  });
});
