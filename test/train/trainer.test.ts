import { expect } from "chai";
import {
  AssemblyError,
  attach,
  type Callback,
  ConfigError,
  type Head,
  Metric,
  Trainer,
  UsageError,
  type HostMatrix,
  type HostTargets,
} from "likewise";
import { AreaUnderCurve, Correlation, RPrecision, TripletAccuracy } from "likewise/metrics";
import { adamw, parameterGroups } from "likewise/optim";
import * as tf from "likewise/tf";
import { failure } from "../support/failure.js";
import { TinyHead, TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";
import { watch } from "../support/watch.js";

const samples = tinySamples(6, 8);
const train = new TinyLoader(samples, 12);
const validation = new TinyLoader(tinySamples(6, 4, 6, 2), 12);
const quiet = { progress: false } as const;

/** Mean distance of each row to the mean row: says something about embeddings and needs no search. */
class Spread extends Metric<"group"> {
  readonly name = "spread";
  readonly higherIsBetter = true;
  rows = 0;
  sum = 0;
  update({ data, rows, size }: HostMatrix, { groups }: HostTargets<"group">): void {
    expect(groups.length).to.equal(rows);
    for (let i = 0; i < rows * size; i += 1) this.sum += Math.abs(data[i] as number);
    this.rows += rows;
  }
  value(): Promise<number> {
    return Promise.resolve(this.rows === 0 ? NaN : this.sum / this.rows);
  }
  reset(): void {
    this.rows = 0;
    this.sum = 0;
  }
}

describe("Trainer.fit", () => {
  it("learns: the loss falls and rows of one group come closer", async () => {
    class Fast extends TinyModel {
      override configureOptimizer() {
        return adamw({ learningRate: 0.02 });
      }
    }
    const trainer = new Trainer({ ...quiet, maxEpochs: 40 });
    const { losses } = watch(trainer);
    await using model = await trainer.fit(new Fast(), { train });
    const curve = losses();
    expect(curve.length).to.equal(40 * 4);
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(curve.slice(-8))).to.be.lessThan(0.95 * mean(curve.slice(0, 8)));
    const [a, b] = [samples[0], samples[1]];
    const other = samples[9];
    if (a === undefined || b === undefined || other === undefined) throw new Error("samples");
    expect(await model.similarity(a.item, b.item)).to.be.greaterThan(await model.similarity(a.item, other.item));
  });

  it("gives the same losses for the same seed and others for another", async () => {
    const run = async (seed: number): Promise<number[]> => {
      const trainer = new Trainer({ ...quiet, maxEpochs: 3, seed });
      const { losses } = watch(trainer);
      await trainer.fit(new TinyModel(), { train });
      return losses();
    };
    const first = await run(1);
    expect(await run(1)).to.deep.equal(first);
    expect(await run(2)).to.not.deep.equal(first);
  });

  for (const engine of ["eager", "auto"] as const) {
    it(`holds as many tensors at step 500 as at step 50, engine ${engine}`, async () => {
      const counts: number[] = [];
      const trainer = new Trainer({
        ...quiet,
        engine,
        maxSteps: 500,
        callbacks: [{ onTrainBatchEnd: ({ step }) => void (step % 450 === 50 && counts.push(tf.memory().numTensors)) }],
      });
      await trainer.fit(new TinyModel(), { train });
      expect(counts).to.have.length(2);
      expect(counts[1]).to.equal(counts[0]);
    });
  }

  it("trains on accumulated batches with one update for several", async () => {
    const trainer = new Trainer({ ...quiet, maxEpochs: 2, accumulate: 3, logEvery: 1 });
    const seen = watch(trainer);
    await trainer.fit(new TinyModel(), { train });
    expect(seen.losses()).to.have.length(8);
    // 4 batches an epoch: an update after 3, and one for the rest.
    expect(seen.of("stopped")[0]?.step).to.equal(4);
    expect(seen.of("warning").map(({ code }) => code)).to.include("ACCUMULATE");
  });

  it("reports validation, metrics and terms under their stage, weighted by batch size", async () => {
    class Watched extends TinyModel {
      override configureMetrics() {
        return [
          attach(new Spread(), { progress: true }),
          attach(new Spread(), { scope: "batch", name: "batch-spread" }),
        ];
      }
    }
    const trainer = new Trainer({ ...quiet, maxEpochs: 2 });
    const seen = watch(trainer);
    await trainer.fit(new Watched(), { train, validation });
    const [, first] = seen.of("validationEnd");
    expect(Object.keys(first?.values ?? {}).sort()).to.deep.equal([
      "validation/batch-spread",
      "validation/loss",
      "validation/scale",
      "validation/spread",
    ]);
    // All batches have one size, so the mean over batches is that over rows.
    expect(first?.values["validation/batch-spread"]).to.be.closeTo(first?.values["validation/spread"] ?? NaN, 1e-6);
    const epoch = seen.of("epochEnd")[0]?.values ?? {};
    expect(epoch).to.have.any.keys("train/loss");
    expect(epoch).to.include.keys("train/loss", "train/batch-spread", "train/scale");
  });

  it("emits plain events that survive JSON", async () => {
    const trainer = new Trainer({ ...quiet, maxEpochs: 1 });
    const { events } = watch(trainer);
    await trainer.fit(new TinyModel(), { train, validation });
    expect(JSON.parse(JSON.stringify(events))).to.deep.equal(events);
    expect(events[0]?.type).to.equal("assembled");
    expect(events.at(-1)?.type).to.equal("stopped");
  });

  it("trains the parameters of the loss with the model's", async () => {
    const scales: number[] = [];
    const trainer = new Trainer({
      ...quiet,
      maxEpochs: 3,
      callbacks: [
        {
          readsParameters: true,
          async onTrainEpochEnd({ parameters }) {
            scales.push((await parameters())["loss/scale"]?.data[0] ?? NaN);
          },
        },
      ],
    });
    await trainer.fit(new TinyModel(), { train });
    expect(scales[2]).to.not.equal(2);
  });

  it("gives the parameters of the loss a learning rate of their own when asked", async () => {
    const scaleAfter = async (learningRate: number): Promise<number> => {
      class Grouped extends TinyModel {
        override configureOptimizer() {
          return parameterGroups([{ match: /^loss\//u, learningRate, weightDecay: 0 }], adamw({ learningRate: 1e-3 }));
        }
      }
      let scale = NaN;
      const reading: Callback = {
        readsParameters: true,
        async onFitEnd({ parameters }) {
          scale = (await parameters())["loss/scale"]?.data[0] ?? NaN;
        },
      };
      await new Trainer({ ...quiet, maxSteps: 1, callbacks: [reading] }).fit(new Grouped(), { train });
      return scale;
    };
    // The first step of Adam is the learning rate, whatever the gradient.
    expect(Math.abs((await scaleAfter(0.5)) - 2)).to.be.closeTo(0.5, 1e-3);
    expect(Math.abs((await scaleAfter(0.001)) - 2)).to.be.closeTo(0.001, 1e-4);
  });

  it("lists every mistake of a model in one error before the first step", async () => {
    class Broken extends TinyModel {
      override configureHead(): Head {
        return new TinyHead(7, 3);
      }
      override configureMetrics() {
        return [attach(new Spread()), attach(new Spread())];
      }
    }
    const error = await new Trainer(quiet).fit(new Broken(), { train }).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(AssemblyError);
    const { message, problems } = error as AssemblyError;
    expect(problems).to.have.length(2);
    expect(message)
      .to.match(/Broken/u)
      .and.match(/TinyHead takes vectors of 7.*default 6 = 6/u)
      .and.match(/two metrics are called "spread"/u);
  });

  it("names metrics of another kind than the samples in that error", async () => {
    class Mistaken extends TinyModel {
      override configureMetrics() {
        return [new Correlation(), new AreaUnderCurve(), new TripletAccuracy(), new RPrecision()].map((metric) =>
          // As the compiler lets pass what comes from JavaScript.
          attach(metric as Metric<never> as Metric<"group">),
        );
      }
    }
    const error = (await failure(new Trainer(quiet).fit(new Mistaken(), { train }))) as AssemblyError;
    expect(error).to.be.instanceOf(AssemblyError);
    expect(error.message).to.contain("Mistaken");
    expect(error.problems.map((problem) => problem.slice(0, 100))).to.deep.equal([
      'configureMetrics: Correlation ("spearman") reads targets of "pair" samples, but the train loader giv',
      'configureMetrics: AreaUnderCurve ("auc") reads targets of "pair" samples, but the train loader gives',
      'configureMetrics: TripletAccuracy ("triplet-accuracy") reads targets of "tuple" samples, but the tra',
    ]);
  });

  it("refuses a model with nothing to train, and a part that does not come back from its configuration", async () => {
    class Forgetful extends TinyHead {
      static override readonly type = "Forgetful";
      static override from(): TinyHead {
        return new TinyHead(1, 1);
      }
    }
    class Lost extends TinyModel {
      override configureHead(inputSize: number): Head {
        return new Forgetful(inputSize, 4);
      }
    }
    const error = await new Trainer(quiet).fit(new Lost(), { train }).catch((thrown: unknown) => thrown);
    expect((error as Error).message).to.match(/head: its configuration does not come back from Forgetful\.from/u);
  });

  it("refuses unknown and wrong options, all in one error", () => {
    const make = (): Trainer =>
      new Trainer({ maxEpochs: 0, accumulate: 1.5, earlyStopping: { patience: 0 }, nonsense: 1 } as object);
    expect(make).to.throw(ConfigError, /nonsense[^]*maxEpochs|maxEpochs[^]*nonsense/u);
    try {
      make();
    } catch (error) {
      expect((error as ConfigError).problems).to.have.length(4);
    }
  });

  it("does one thing at a time", async () => {
    const trainer = new Trainer({ ...quiet, maxEpochs: 1 });
    const first = trainer.fit(new TinyModel(), { train });
    const error = await trainer.fit(new TinyModel(), { train }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(UsageError);
    await first;
    await trainer.fit(new TinyModel(), { train });
  });
});

describe("Trainer.validate, test and predict", () => {
  it("give the figures that training gave last", async () => {
    const trainer = new Trainer({ ...quiet, maxEpochs: 2 });
    const seen = watch(trainer);
    const description = new TinyModel();
    await using model = await trainer.fit(description, { train, validation });
    const last = seen.of("validationEnd").at(-1)?.values;
    expect(await trainer.validate(description, validation)).to.deep.equal(last);
    const tested = await trainer.test(description, validation);
    expect(tested["test/loss"]).to.equal(last?.["validation/loss"]);
    const vectors = await trainer.predict(model, validation);
    expect([vectors.rows, vectors.size]).to.deep.equal([24, 4]);
    expect(vectors).to.deep.equal(await model.encode(validation.samples.map(({ item }) => item)));
  });

  it("say what to do when nothing was fitted", async () => {
    const error = await new Trainer(quiet).validate(new TinyModel(), validation).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(UsageError);
    expect((error as Error).message).to.match(/fit this model first/u);
  });
});

describe("Trainer.findLearningRate", () => {
  it("suggests a rate inside the range from a curve that rises in learning rate", async () => {
    const { suggestion, curve } = await new Trainer(quiet).findLearningRate(
      new TinyModel(),
      { train },
      { from: 1e-5, to: 1, steps: 60 },
    );
    expect(suggestion).to.be.within(1e-5, 1);
    expect(curve.length).to.be.within(20, 60);
    for (let i = 1; i < curve.length; i += 1)
      expect(curve[i]?.learningRate).to.be.greaterThan(curve[i - 1]?.learningRate ?? Infinity);
  });
});
