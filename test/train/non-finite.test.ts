import { expect } from "chai";
import { NonFiniteError, Trainer, type GroupSample } from "likewise";
import { TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";
import { watch } from "../support/watch.js";

/** Good samples with one that holds a NaN; unshuffled, it is in batch 1. */
function poisoned(): TinyLoader {
  const samples: GroupSample<readonly number[]>[] = tinySamples(6, 4);
  samples[15] = { item: [1, NaN, 0, 0, 0, 0], group: 3 };
  const loader = new TinyLoader(samples, 12);
  const epoch = loader.epoch.bind(loader);
  loader.epoch = (request) => epoch({ ...request, training: false });
  return loader;
}

describe("A loss that is not finite", () => {
  it("stops training and names the batch and the first culprit", async () => {
    const error = await new Trainer({ progress: false, maxEpochs: 2 })
      .fit(new TinyModel(), { train: poisoned() })
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(NonFiniteError);
    expect((error as Error).message).to.match(
      /epoch 0, batch 1: loss NaN; the first thing that is not finite is input frozen\/default/u,
    );
  });

  it("leaves the batch out when configured, without touching the parameters", async () => {
    const run = async (train: TinyLoader): Promise<{ losses: number[]; warnings: string[] }> => {
      const trainer = new Trainer({ progress: false, maxEpochs: 3, onNonFinite: "skip" });
      const seen = watch(trainer);
      await trainer.fit(new TinyModel(), { train });
      return { losses: seen.losses(), warnings: seen.of("warning").map(({ message }) => message) };
    };
    const { losses, warnings } = await run(poisoned());
    expect(losses).to.have.length(3);
    expect(losses.every(Number.isFinite)).to.equal(true);
    expect(warnings).to.have.length(3);
    expect(warnings[0]).to.match(/^batch left out: epoch 0, batch 1/u);
  });

  it("ends a run in which nothing but such batches is left", async () => {
    const bad = new TinyLoader(
      Array.from({ length: 12 }, (_, group) => ({ item: [NaN, 0, 0, 0, 0, 0], group: group % 2 })),
      12,
    );
    const trainer = new Trainer({ progress: false, maxEpochs: 1000, onNonFinite: "skip" });
    const seen = watch(trainer);
    await trainer.fit(new TinyModel(), { train: bad });
    expect(seen.of("stopped")[0]?.message).to.match(/100 batches in a row/u);
  });
});
