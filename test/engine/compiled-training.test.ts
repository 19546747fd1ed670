import { expect } from "chai";
import { CacheConfig, TrainableModel, Trainer, type TrainerOptions, XbmConfig } from "likewise";
import { PairLoader } from "likewise/data";
import { VectorEncoder } from "likewise/encoders";
import { GatedHead } from "likewise/heads";
import { MultipleNegativesRankingLoss, TripletLoss } from "likewise/losses";
import { adam, sgd } from "likewise/optim";
import * as tf from "likewise/tf";
import { Random } from "../../lib/random.js";
import { expectClose } from "../support/close.js";
import { TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";
import { watch } from "../support/watch.js";

const train = new TinyLoader(tinySamples(6, 8), 12);
const validation = new TinyLoader(tinySamples(6, 4, 6, 2), 10);

class Tiny extends TinyModel {
  override configureOptimizer() {
    return sgd({ learningRate: 0.05, momentum: 0.9 });
  }
}

/** Losses, warnings and what the encoder makes of two items, on an engine. */
async function fit(
  engine: "compiled" | "eager",
  model: TinyModel,
  options: TrainerOptions,
): Promise<{ losses: number[]; vectors: Float32Array; warnings: string[]; values: Record<string, number> }> {
  const trainer = new Trainer({ progress: false, engine, maxEpochs: 5, ...options });
  const { losses } = watch(trainer);
  const warnings: string[] = [];
  let values: Record<string, number> = {};
  trainer.events$.subscribe((event) => {
    if (event.type === "warning") warnings.push(event.message);
    if (event.type === "validationEnd") values = event.values;
  });
  await using fitted = await trainer.fit(model, { train, validation });
  const items = tinySamples(2, 1).map(({ item }) => item);
  return { losses: losses(), vectors: (await fitted.encode(items)).data, warnings, values };
}

async function expectSame(model: () => TinyModel, options: TrainerOptions = {}): Promise<void> {
  const compiled = await fit("compiled", model(), options);
  const eager = await fit("eager", model(), options);
  expect(compiled.losses.length).to.be.at.least(20);
  expectClose(compiled.losses, eager.losses, { relative: 1e-5, absolute: 0, what: "loss of step" });
  expectClose(compiled.vectors, eager.vectors, { relative: 1e-4, absolute: 1e-5 });
  expect(Object.keys(compiled.values)).to.deep.equal(Object.keys(eager.values));
  expectClose(Object.values(compiled.values), Object.values(eager.values), { relative: 1e-5 });
  expect(compiled.warnings).to.deep.equal(eager.warnings);
}

describe("training on the compiled engine", () => {
  it("gives the losses of the eager engine, with dropout, state, learned loss and a short last batch", () =>
    expectSame(() => new Tiny()));

  it("does so with accumulated gradients, clipping and averages of parameters", () =>
    expectSame(() => new Tiny(), { accumulate: 2, clipNorm: 0.5, ema: { decay: 0.9 }, maxEpochs: 6 }));

  it("does so with cross-batch memory", () =>
    expectSame(
      () =>
        new (class extends Tiny {
          override configureLoss() {
            return new TripletLoss({ mining: "all", distance: "squared-euclidean" });
          }
          override configureXbm() {
            return new XbmConfig({ bufferSize: 30, startStep: 3 });
          }
        })(),
    ));

  it("leaves out batches whose loss is not finite, and names the culprit, as the eager engine does", async () => {
    const samples = tinySamples(6, 8).map((sample, at) =>
      at === 5 ? { ...sample, item: [NaN, 0, 0, 0, 0, 0] } : sample,
    );
    const run = async (engine: "compiled" | "eager"): Promise<{ losses: number[]; messages: string[] }> => {
      const trainer = new Trainer({ progress: false, engine, maxEpochs: 3, onNonFinite: "skip" });
      const { losses } = watch(trainer);
      const messages: string[] = [];
      trainer.events$.subscribe((event) => event.type === "warning" && messages.push(event.message));
      await trainer.fit(new Tiny(), { train: new TinyLoader(samples, 12) });
      return { losses: losses(), messages };
    };
    const [compiled, eager] = [await run("compiled"), await run("eager")];
    expectClose(compiled.losses, eager.losses, { relative: 1e-5, absolute: 0 });
    expect(compiled.messages.length).to.equal(3);
    expect(compiled.messages).to.deep.equal(eager.messages);
    expect(compiled.messages[0]).to.match(/first thing that is not finite is input/);
  });

  it("trains a model of standard parts: vectors, a gated head, ranking with in-batch negatives", async () => {
    class Pairs extends TrainableModel<"pair", readonly number[]> {
      override configureEncoders() {
        return new VectorEncoder(16);
      }
      override configureHead(inputSize: number) {
        return new GatedHead(inputSize, { dropout: 0.1 });
      }
      override configureLoss() {
        return new MultipleNegativesRankingLoss({ learnScale: true, symmetric: true });
      }
      override configureOptimizer() {
        return sgd({ learningRate: 0.05 });
      }
      override configureCaches() {
        return new CacheConfig();
      }
    }
    const random = new Random("pairs");
    const pairs = Array.from({ length: 80 }, () => {
      const a = Array.from(random.normals(16));
      return { a, b: a.map((value) => value + random.normal()) };
    });
    const curves: number[][] = [];
    for (const engine of ["compiled", "eager"] as const) {
      const trainer = new Trainer({ progress: false, engine, maxSteps: 20 });
      const { losses } = watch(trainer);
      await trainer.fit(new Pairs(), { train: new PairLoader(pairs, { batchSize: 16 }) });
      curves.push(losses());
    }
    expect(curves[0]?.length).to.equal(20);
    expectClose(curves[0], curves[1], { relative: 1e-5, absolute: 0 });
  });

  it("goes on eagerly when a part cannot be compiled", async () => {
    const peeking = (): TinyModel =>
      new (class extends Tiny {
        override configureHead(inputSize: number) {
          const head = super.configureHead(inputSize);
          const apply = head.apply.bind(head);
          head.apply = (parameters, vectors, mode) => {
            vectors.dataSync();
            return apply(parameters, vectors, mode);
          };
          return head;
        }
      })();
    const told: string[] = [];
    const listen = (warning: Error): void => void told.push(warning.message);
    process.on("warning", listen);
    const compiled = await fit("compiled", peeking(), { maxEpochs: 2 });
    await new Promise(setImmediate);
    process.off("warning", listen);
    const eager = await fit("eager", peeking(), { maxEpochs: 2 });
    expect(compiled.losses).to.deep.equal(eager.losses);
    // Each is told once, as an event and, because no progress shows it, by the process.
    for (const program of ["step", "evaluate"])
      for (const texts of [compiled.warnings, told])
        expect(texts.filter((text) => text.startsWith(`program "${program}"`)).length, program).to.equal(1);
  });

  it("holds no more memory of tensors at step 300 than at step 30", async () => {
    class Adam extends TinyModel {
      override configureOptimizer() {
        return adam();
      }
    }
    const counts: number[] = [];
    const trainer = new Trainer({
      ...{ progress: false, engine: "compiled", maxSteps: 300 },
      callbacks: [{ onTrainBatchEnd: ({ step }) => void (step % 270 === 30 && counts.push(tf.memory().numTensors)) }],
    });
    await trainer.fit(new Adam(), { train });
    expect(counts.length).to.equal(2);
    expect(counts[1]).to.equal(counts[0]);
  });
});
