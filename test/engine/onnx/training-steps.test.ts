import { NgramEmbedding, VectorEncoder } from "likewise/encoders";
import { DenseHead, GatedHead, IdentityHead, SkipConnectionHead } from "likewise/heads";
import { MultipleNegativesRankingLoss, OnlineContrastiveLoss, TripletLoss } from "likewise/losses";
import * as optim from "likewise/optim";
import type { Head } from "../../../lib/contracts/head.js";
import type { Transform } from "../../../lib/contracts/optimizer.js";
import { Random } from "../../../lib/random.js";
import { hostScalar, hostTensor } from "../../../lib/tensor/host.js";
import { mapEntries } from "../../../lib/tensor/tree.js";
import { EXAMPLES } from "../../losses/contract-examples.js";
import { onnxRuntime, type Runtime } from "../../support/onnx-runtime.js";
import { expectSame, runEagerly, runNatively } from "./both-ways.js";
import { expectOneGraph } from "./one-graph.js";
import { frozenRows, recordsCase, stepOf, type Step, type StepCase } from "./step-cases.js";

type ProgramName = "step" | "accumulate" | "update" | "evaluate" | "diagnose";

const pairs = { labels: [1, 1, 0, 1], subgroups: [0, 1, 2, 3, 0, 1, 2, 3] };
const twoPairs = { labels: [1, 0], subgroups: [0, 1, 1, 2] };
const encoders = [["default", new VectorEncoder(6)]] as const;
const ranked = {
  encoders,
  head: new SkipConnectionHead(6),
  loss: new MultipleNegativesRankingLoss(),
  inputs: frozenRows(8, 6),
  targets: pairs,
};

describe("A training step as ONNX", () => {
  let runtime: Runtime;
  before(async function () {
    runtime = await onnxRuntime(this);
  });

  async function expectBoth<Item>(given: StepCase<Item>, programs: readonly ProgramName[]): Promise<void> {
    const { programs: all, carried, inputs } = stepOf(given);
    for (const name of programs) {
      const wanted = await runEagerly(all[name], { carried, inputs });
      const got = await runNatively(runtime, all[name], { carried, inputs });
      expectSame(got, wanted, name, { relative: 0, absolute: 0, ofLargest: 1e-5 });
    }
  }

  describe("of every loss", () => {
    for (const [type, examples] of Object.entries(EXAMPLES)) {
      for (const name of Object.keys(examples())) {
        it(`${type}, ${name}`, async () => {
          const { loss, targets, rows, guide = [] } = examples()[name]!;
          const head = new DenseHead(6, { outputSizes: [5, 4], activation: "tanh" });
          const guided = loss.usesGuide ? { guide } : {};
          await expectBoth({ encoders, head, loss, targets, ...guided, inputs: frozenRows(rows, 6) }, [
            "step",
            "evaluate",
          ]);
        });
      }
    }
  });

  describe("of a loss that remembers", () => {
    const memory = {
      embeddings: hostTensor(new Random("memory").normals(7 * 6), [7, 6]),
      groups: hostTensor(Int32Array.of(0, 1, 2, 3, 0, 1, 5), [7]),
      valid: hostTensor(Float32Array.of(1, 1, 1, 1, 1, 0, 1), [7]),
      weight: hostScalar(0.7),
    };
    const losses = {
      "TripletLoss, hard": new TripletLoss(),
      "TripletLoss, semi-hard": new TripletLoss({ mining: "semi-hard" }),
      "TripletLoss, all": new TripletLoss({ mining: "all", distance: "euclidean" }),
      "OnlineContrastiveLoss, hard": new OnlineContrastiveLoss(),
      "OnlineContrastiveLoss, all": new OnlineContrastiveLoss({ mining: "all" }),
    };
    for (const [name, loss] of Object.entries(losses)) {
      it(name, () =>
        expectBoth({ ...ranked, loss, memory, targets: { groups: [0, 0, 1, 1, 2, 2, 0, 3] } }, ["step", "diagnose"]),
      );
    }
  });

  describe("of every head", () => {
    const heads: Readonly<Record<string, Head>> = {
      "IdentityHead with dropout": new IdentityHead(6, { dropout: 0.5 }),
      GatedHead: new GatedHead(6),
      "SkipConnectionHead of three layers": new SkipConnectionHead(6, { layers: 3, skipDropout: 0.2, dropout: 0.1 }),
      "DenseHead without bias": new DenseHead(6, { outputSize: 7, bias: false, dropout: 0.3 }),
      "DenseHead, gelu": new DenseHead(6, { outputSizes: [6, 3], activation: "gelu" }),
      "DenseHead, elu": new DenseHead(6, { outputSizes: [6, 3], activation: "elu" }),
      "DenseHead, swish": new DenseHead(6, { outputSizes: [6, 3], activation: "swish" }),
      "DenseHead, sigmoid": new DenseHead(6, { outputSizes: [6, 3], activation: "sigmoid" }),
      "DenseHead, relu": new DenseHead(6, { outputSizes: [6, 3], activation: "relu" }),
      "DenseHead, normalized": new DenseHead(6, { outputSize: 3, normalize: true }),
    };
    for (const [name, head] of Object.entries(heads)) {
      const loss = new MultipleNegativesRankingLoss({ learnScale: true });
      it(name, () => expectBoth({ ...ranked, head, loss }, ["step", "evaluate", "diagnose"]));
    }
  });

  describe("of every optimizer", () => {
    const optimizers: Readonly<Record<string, Transform>> = {
      sgd: optim.sgd(),
      "sgd with momentum": optim.sgd({ momentum: 0.9, dampening: 0.1 }),
      "sgd that looks ahead": optim.sgd({ momentum: 0.9, nesterov: true }),
      adagrad: optim.adagrad(),
      rmsprop: optim.rmsprop(),
      lion: optim.lion({ weightDecay: 0.1 }),
      adam: optim.adam(),
      "adam with amsgrad": optim.adam({ amsgrad: true }),
      adamw: optim.adamw({ learningRate: optim.warmupCosine({ peak: 1e-2, warmup: 10 }) }),
      "a chain": optim.chain(optim.clipGlobalNorm(0.1), optim.addDecayedWeights(0.01), optim.adam()),
      "clipped values": optim.chain(optim.clipValue(0.01), optim.sgd()),
      "groups of parameters": optim.parameterGroups(
        [
          { match: /kernel$/u, learningRateFactor: 0.1 },
          { match: /bias$/u, freeze: true },
        ],
        optim.adam(),
      ),
    };
    for (const [name, optimizer] of Object.entries(optimizers)) {
      it(name, () => expectBoth({ ...ranked, optimizer }, ["step", "accumulate", "update"]));
      it(`${name}, as one graph for all sizes`, () => {
        const at = (pairs: number): Step => {
          const targets = mapEntries(twoPairs, (numbers) => Array.from({ length: pairs / 2 }, () => numbers).flat());
          return stepOf({ ...ranked, optimizer, targets, inputs: frozenRows(2 * pairs, 6) });
        };
        for (const program of ["step", "accumulate", "diagnose"] as const) expectOneGraph(at, program, [64, 8, 30]);
      });
    }
  });

  describe("of many pairs of a linear map, whose gradient skips the rows", () => {
    const targets = {
      labels: [1, 0.5, 0, 2].flatMap((label) => Array<number>(200).fill(label)),
      subgroups: [...Array(1600).keys()],
    };
    const wide = [["default", new VectorEncoder(16)]] as const;
    const heads = {
      SkipConnectionHead: new SkipConnectionHead(16),
      DenseHead: new DenseHead(16, { outputSize: 20 }),
      "DenseHead without bias": new DenseHead(16, { outputSize: 20, bias: false }),
    };
    for (const [name, head] of Object.entries(heads))
      it(name, () =>
        expectBoth({ ...ranked, encoders: wide, head, targets, inputs: frozenRows(1600, 16) }, ["step", "evaluate"]),
      );
  });

  it("of an encoder trained on records", async () => {
    await expectBoth(recordsCase(), ["step", "accumulate", "evaluate", "diagnose"]);
  });

  it("of several encoders, one of them trained on texts", async () => {
    const texts = ["a red bicycle", "two bicycles", "a bell", "red bells ring", "the bell", "a bicycle bell"];
    const embedding = NgramEmbedding.fit(texts, { size: 5, buckets: 40 });
    const ids = embedding.collate(texts);
    await expectBoth(
      {
        encoders: [
          ["text", embedding as never],
          ["vector", new VectorEncoder(3)],
        ],
        head: new DenseHead(8, { outputSize: 4 }),
        loss: new MultipleNegativesRankingLoss(),
        inputs: {
          "inputs/text/ids": ids["ids"]!,
          "inputs/text/weights": ids["weights"]!,
          "frozen/vector": hostTensor(new Random("vectors").normals(18), [6, 3]),
        },
        targets: { labels: [1, 1, 1], subgroups: [0, 1, 2, 0, 1, 2] },
      },
      ["step", "accumulate", "evaluate", "diagnose"],
    );
  });
});
