import { expect } from "chai";
import { Trainer } from "likewise";
import { TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";
import { watch } from "../support/watch.js";

const train = new TinyLoader(tinySamples(6, 8), 12);
const validation = new TinyLoader(tinySamples(6, 4, 6, 2), 12);

/** Steps done, and the reason of the end. */
async function run(options: ConstructorParameters<typeof Trainer>[0], withValidation = false) {
  const trainer = new Trainer({ progress: false, ...options });
  const seen = watch(trainer);
  await trainer.fit(new TinyModel(), withValidation ? { train, validation } : { train });
  const stopped = seen.of("stopped")[0];
  return {
    seen,
    steps: stopped?.step,
    epochs: stopped?.epochs,
    reason: stopped?.reason,
    message: stopped?.message ?? "",
  };
}

describe("The length of a run", () => {
  it("ends after maxEpochs, or after maxSteps in the middle of an epoch", async () => {
    expect(await run({ maxEpochs: 3 })).to.include({ steps: 12, epochs: 3, reason: "maxEpochs" });
    expect(await run({ maxSteps: 6 })).to.include({ steps: 6, epochs: 1, reason: "maxSteps" });
    expect(await run({ maxSteps: 8 })).to.include({ steps: 8, epochs: 2, reason: "maxSteps" });
  });

  it("validates once more when maxSteps ends it between two validations", async () => {
    const { seen } = await run({ maxSteps: 6, sanityValidationBatches: 0 }, true);
    expect(seen.of("validationEnd").map(({ step }) => step)).to.deep.equal([4, 6]);
  });

  it("ends after maxTime", async () => {
    expect(await run({ maxTime: 1e-9 })).to.include({ steps: 1, reason: "maxTime" });
    expect(await run({ maxTime: "00:00:00:01", maxEpochs: 1 })).to.include({ reason: "maxEpochs" });
  });

  it("limits batches by count and by fraction", async () => {
    expect(await run({ maxEpochs: 1, limitTrainBatches: 3 })).to.include({ steps: 3 });
    expect(await run({ maxEpochs: 2, limitTrainBatches: 0.5 })).to.include({ steps: 4 });
    const { seen } = await run({ maxEpochs: 1, limitValidationBatches: 1, sanityValidationBatches: 0 }, true);
    expect(seen.of("validationBatch")).to.have.length(1);
  });

  it("validates every so many steps or epochs", async () => {
    const bySteps = await run({ maxSteps: 9, validateEvery: { steps: 3 }, sanityValidationBatches: 0 }, true);
    expect(bySteps.seen.of("validationEnd").map(({ step }) => step)).to.deep.equal([3, 6, 9]);
    const byEpochs = await run({ maxEpochs: 4, validateEvery: { epochs: 2 }, sanityValidationBatches: 0 }, true);
    expect(byEpochs.seen.of("validationEnd").map(({ step }) => step)).to.deep.equal([8, 16]);
  });

  it("checks a few validation batches before the first step without reporting values", async () => {
    const { seen } = await run({ maxEpochs: 1 }, true);
    const [sanity] = seen.of("validationEnd");
    expect(sanity).to.include({ step: 0 });
    expect(sanity?.values).to.deep.equal({});
  });

  it("runs one batch of everything as fastDevRun", async () => {
    const { seen, steps, reason } = await run({ fastDevRun: true, maxEpochs: 20 }, true);
    expect({ steps, reason }).to.deep.equal({ steps: 1, reason: "fastDevRun" });
    expect(seen.of("validationBatch")).to.have.length(1);
  });

  it("learns the same batches by heart with overfitBatches", async () => {
    const { seen } = await run({ overfitBatches: 1, maxEpochs: 60 });
    const losses = seen.losses();
    expect(losses).to.have.length(60);
    expect(losses.at(-1)).to.be.lessThan((losses[0] ?? 0) * 0.8);
  });

  it("warns and stops early when nothing limits it", async () => {
    const { seen, reason } = await run({ earlyStopping: { minDelta: 10 } });
    expect(seen.of("warning")[0]?.message).to.match(/neither maxEpochs nor maxSteps nor maxTime/u);
    expect(reason).to.equal("earlyStopping");
  });
});

describe("Early stopping", () => {
  it("ends after patience checks without improvement and says so", async () => {
    const { epochs, message } = await run({ maxEpochs: 50, earlyStopping: { minDelta: 10, patience: 2 } }, true);
    expect(epochs).to.equal(3);
    expect(message).to.match(/^validation\/loss did not improve on [\d.]+ in 2 checks \(patience 2\)$/u);
  });

  it("follows the train loss without a validation loader, also when a validation metric was named", async () => {
    const { seen, message } = await run({
      maxEpochs: 50,
      earlyStopping: { monitor: "validation/recall", minDelta: 10 },
    });
    expect(seen.of("warning")[0]?.code).to.equal("NO_VALIDATION");
    expect(message).to.match(/^train\/loss did not improve/u);
  });

  it("ends when a threshold is reached or exceeded", async () => {
    expect((await run({ maxEpochs: 50, earlyStopping: { stoppingThreshold: 100 } })).message).to.match(
      /reached .* \(stoppingThreshold 100\)/u,
    );
    expect((await run({ maxEpochs: 50, earlyStopping: { divergenceThreshold: 1e-6 } })).message).to.match(
      /worse than divergenceThreshold/u,
    );
  });

  it("is refused when it would be at least longer than it is at most", () => {
    expect(() => new Trainer({ minEpochs: 5, maxEpochs: 1, minSteps: 9, maxSteps: 3 })).to.throw(
      /minEpochs: must not be above maxEpochs, got 5\n.*minSteps: must not be above maxSteps, got 9/u,
    );
    expect(new Trainer({ minEpochs: 1, maxEpochs: 1, minSteps: 9 }).config.minSteps).to.equal(9);
  });

  it("respects minEpochs", async () => {
    expect(await run({ maxEpochs: 50, minEpochs: 5, earlyStopping: { minDelta: 10, patience: 1 } })).to.include({
      epochs: 5,
    });
  });

  it("refuses a monitor that validation does not log, before the first step", async () => {
    const trainer = new Trainer({ progress: false, maxEpochs: 1, earlyStopping: { monitor: "validation/recal" } });
    const seen = watch(trainer);
    const error = await trainer.fit(new TinyModel(), { train, validation }).catch((thrown: unknown) => thrown);
    expect((error as Error).message).to.match(
      /"validation\/recal" is not logged by validation; there are: validation\/loss/u,
    );
    expect(seen.losses()).to.deep.equal([]);
  });
});

describe("A loader without batches", () => {
  it("is an error that says so, for training and for validation", async () => {
    const empty = new TinyLoader([], 12);
    const attempt = async (loaders: { train: TinyLoader; validation?: TinyLoader }): Promise<string> =>
      new Trainer({ progress: false, maxEpochs: 2 }).fit(new TinyModel(), loaders).then(
        () => "no error",
        (error: unknown) => (error as Error).message,
      );
    expect(await attempt({ train: empty })).to.match(/the train loader gave no batch/u);
    expect(await attempt({ train, validation: empty })).to.match(/the validation loader gave no batch/u);
  });
});
