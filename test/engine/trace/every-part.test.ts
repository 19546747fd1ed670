import * as tf from "likewise/tf";
import { LayersEncoder, NgramEmbedding, VectorEncoder } from "likewise/encoders";
import { DenseHead, IdentityHead, SkipConnectionHead } from "likewise/heads";
import { MultipleNegativesRankingLoss, OnlineContrastiveLoss, TripletLoss } from "likewise/losses";
import * as optim from "likewise/optim";
import type { TrainingPrograms } from "../../../lib/model/programs.js";
import { Random } from "../../../lib/random.js";
import { hostScalar, hostTensor } from "../../../lib/tensor/host.js";
import { prefixed } from "../../../lib/tensor/tree.js";
import { EXAMPLES } from "../../losses/contract-examples.js";
import { frozenRows, recordsCase, stepOf, type StepCase } from "../onnx/step-cases.js";
import { expectFaithful } from "./faithful.js";

const everyProgram = ["step", "accumulate", "update", "evaluate", "diagnose"] as const;

function expectSteps<Item>(given: StepCase<Item>, names: readonly (keyof TrainingPrograms)[] = ["step"]): void {
  const { programs, carried, inputs } = stepOf(given);
  for (const name of names) expectFaithful(programs[name], carried, inputs, name);
}

const encoders = [["default", new VectorEncoder(6)]] as const;
const pairs = { labels: [1, 1, 0, 1], subgroups: [0, 1, 2, 3, 0, 1, 2, 3] };
const ranked = {
  encoders,
  head: new SkipConnectionHead(6),
  loss: new MultipleNegativesRankingLoss(),
  inputs: frozenRows(8, 6),
  targets: pairs,
};

describe("The graph of a training step computes the step", () => {
  for (const [type, examples] of Object.entries(EXAMPLES)) {
    for (const [name, { loss, targets, rows, guide = [] }] of Object.entries(examples())) {
      it(`with ${type} (${name})`, () => {
        const head = new DenseHead(6, { outputSizes: [5, 4], activation: "tanh" });
        const guided = loss.usesGuide ? { guide } : {};
        expectSteps({ encoders, head, loss, targets, ...guided, inputs: frozenRows(rows, 6) }, ["step", "diagnose"]);
      });
    }
  }

  const memory = {
    embeddings: hostTensor(new Random("memory").normals(7 * 6), [7, 6]),
    groups: hostTensor(Int32Array.of(0, 1, 2, 3, 0, 1, 5), [7]),
    valid: hostTensor(Float32Array.of(1, 1, 1, 1, 1, 0, 1), [7]),
    weight: hostScalar(0.7),
  };
  for (const mining of ["hard", "semi-hard", "all"] as const) {
    it(`with a memory, triplets ${mining}`, () => {
      expectSteps({
        ...ranked,
        loss: new TripletLoss({ mining }),
        memory,
        targets: { groups: [0, 0, 1, 1, 2, 2, 0, 3] },
      });
    });
  }

  for (const distance of ["cosine", "euclidean", "squared-euclidean", "manhattan", "dot-product"] as const) {
    it(`with distance ${distance}, on rows wide enough for products to be merged`, () => {
      const wide = [["default", new VectorEncoder(130)]] as const;
      const head = new DenseHead(130, { outputSize: 130 });
      const loss = new OnlineContrastiveLoss({ distance, mining: "all" });
      const targets = { groups: [0, 0, 1, 1, 2, 2, 0, 3] };
      expectSteps({ encoders: wide, head, loss, targets, inputs: frozenRows(8, 130) });
    });
  }

  const optimizers = {
    sgd: optim.sgd(),
    "sgd with momentum": optim.sgd({ momentum: 0.9, dampening: 0.1 }),
    "sgd that looks ahead": optim.sgd({ momentum: 0.9, nesterov: true }),
    adagrad: optim.adagrad(),
    rmsprop: optim.rmsprop(),
    lion: optim.lion({ weightDecay: 0.1 }),
    adam: optim.adam(),
    "adam with amsgrad": optim.adam({ amsgrad: true }),
    adamw: optim.adamw({ learningRate: optim.warmupCosine({ peak: 1e-2, warmup: 10 }) }),
    "a chain": optim.chain(
      optim.clipGlobalNorm(0.1),
      optim.clipValue(0.05),
      optim.addDecayedWeights(0.01),
      optim.adam(),
    ),
    groups: optim.parameterGroups(
      [
        { match: /kernel$/u, learningRateFactor: 0.1 },
        { match: /bias$/u, freeze: true },
      ],
      optim.adam(),
    ),
  };
  for (const [name, optimizer] of Object.entries(optimizers)) {
    it(`with optimizer ${name}`, () => expectSteps({ ...ranked, optimizer }, ["step", "update"]));
  }

  it("with an encoder trained on texts", () => {
    const texts = ["a red bicycle", "two bicycles", "a bell", "red bells ring", "the bell", "a bicycle bell"];
    const embedding = NgramEmbedding.fit(texts, { size: 5, buckets: 40 });
    expectSteps(
      {
        encoders: [["text", embedding as never]],
        head: new DenseHead(5, { outputSize: 4 }),
        loss: new MultipleNegativesRankingLoss(),
        inputs: prefixed("inputs/text", embedding.collate(texts)),
        targets: { labels: [1, 1, 1], subgroups: [0, 1, 2, 0, 1, 2] },
      },
      everyProgram,
    );
  });

  it("with an encoder trained on records", () => {
    expectSteps(recordsCase(), everyProgram);
  });

  const { layers } = tf.layers;
  const kernelInitializer = tf.layers.initializers.glorotUniform({ seed: 1 });
  const recurrentInitializer = tf.layers.initializers.glorotUniform({ seed: 2 });
  const seeded = { kernelInitializer, recurrentInitializer };
  const models: Readonly<Record<string, () => tf.layers.LayersModel>> = {
    "convolutions, normalization and pooling": () =>
      tf.layers.sequential({
        layers: [
          layers.conv2d({ filters: 3, kernelSize: 3, activation: "relu", inputShape: [6, 6, 2], kernelInitializer }),
          layers.batchNormalization(),
          layers.maxPooling2d({ poolSize: 2, strides: 1 }),
          layers.flatten(),
          layers.layerNormalization(),
          layers.dense({ units: 4, activation: "swish" as "relu", kernelInitializer }),
          layers.dropout({ rate: 0.3 }),
        ],
      }),
    "an LSTM on a GRU": () =>
      tf.layers.sequential({
        layers: [
          layers.gru({ units: 4, returnSequences: true, inputShape: [5, 3], ...seeded }),
          layers.lstm({ units: 3, ...seeded }),
        ],
      }),
  };
  for (const [name, make] of Object.entries(models)) {
    it(`with ${name} of tf.layers`, async () => {
      const encoder = new LayersEncoder(make());
      const size = (encoder.config["inputShape"] as number[]).reduce((product, length) => product * length, 1);
      const items = Array.from({ length: 6 }, (_, row) => new Random(`item ${row}`).normals(size));
      expectSteps(
        {
          encoders: [["default", encoder]],
          head: new IdentityHead(encoder.embeddingSize),
          loss: new MultipleNegativesRankingLoss({ temperature: 0.5 }),
          inputs: prefixed("inputs/default", await encoder.collate(items)),
          targets: { labels: [1, 1, 1], subgroups: [0, 1, 2, 0, 1, 2] },
        },
        ["step", "evaluate"],
      );
    });
  }
});
