import { expect } from "chai";
import { NonFiniteError, Trainer, type GroupSample, type LossValue, type TrainerOptions } from "likewise";
import * as tf from "likewise/tf";
import { TinyLoader, TinyLoss, TinyModel, tinySamples } from "../support/tiny.js";
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

  it("says what helps: clipNorm only where it is not set, and a smaller loss where the gradient is too long", async () => {
    const stop = async (settings: TrainerOptions, factor = 1, train: TinyLoader = poisoned()): Promise<string> => {
      class ScaledLoss extends TinyLoss {
        override compute(...given: Parameters<TinyLoss["compute"]>): LossValue {
          const computed = super.compute(...given) as LossValue;
          return { ...computed, value: tf.mul(computed.value, factor) };
        }
      }
      class Scaled extends TinyModel {
        override configureLoss(): ScaledLoss {
          return new ScaledLoss();
        }
      }
      const trainer = new Trainer({ progress: false, maxEpochs: 2, ...settings });
      return String(await trainer.fit(new Scaled(), { train }).catch((thrown: unknown) => thrown));
    };
    expect(await stop({})).to.match(/Lower the learning rate, set clipNorm, check the data/u);
    expect(await stop({ clipNorm: 1 })).to.match(/Lower the learning rate, lower clipNorm, check the data/u);
    const long = await stop({ clipNorm: 1 }, 1e25, new TinyLoader(tinySamples(6, 4), 12));
    expect(long).to.match(/not finite is the length of the gradient.*Make the loss smaller/u);
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
