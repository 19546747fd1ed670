import { expect } from "chai";
import { DistanceMatrixLoss } from "likewise/losses";
import * as miners from "likewise/miners";
import type { DistanceName } from "../../../lib/distances/index.js";
import type { JsonObject } from "../../../lib/json.js";
import { Random } from "../../../lib/random.js";
import { judge, randomRows } from "../../support/loss.js";
import { EXAMPLES, SIZE, type AnyLoss } from "../contract-examples.js";
import { LOSSES, parts } from "../exported-losses.js";

const groups = [0, 0, 1, 1, 2, 2, 0, 3];
const embeddings = randomRows(new Random("combined"), groups.length, SIZE);
const saved = (part: miners.Miner | miners.Reducer): JsonObject => ({ type: part.type, config: part.config });

const MINERS = [
  new miners.AngularMiner({ angle: 5 }),
  new miners.BatchEasyHardMiner(),
  new miners.BatchHardMiner(),
  new miners.DistanceWeightedMiner({ farthest: 2 }),
  new miners.HDCMiner({ share: 0.9 }),
  new miners.MultiSimilarityMiner({ epsilon: 5 }),
  new miners.NHardMiner({ positives: 2, negatives: 3 }),
  new miners.PairMarginMiner({ positiveMargin: 0, negativeMargin: 9 }),
  new miners.RandomTripletMiner({ perAnchor: 9 }),
  new miners.TripletMarginMiner({ margin: 9 }),
  new miners.UniformHistogramMiner({ bins: 3, positivesPerBin: 9, negativesPerBin: 9 }),
].map(saved);

const REDUCERS = [
  new miners.AverageNonZeroReducer(),
  new miners.ClassWeightedReducer({ weights: [1, 2] }),
  new miners.MeanReducer(),
  new miners.PerAnchorReducer(),
  new miners.SumReducer(),
  new miners.ThresholdReducer({ low: 0 }),
].map(saved);

const DISTANCES: readonly DistanceName[] = [
  "cosine",
  "euclidean",
  "squared-euclidean",
  "manhattan",
  "dot-product",
  "signal-to-noise",
];

/** An example of every loss over the distances of a batch. */
const LOSSES_OF_DISTANCES = LOSSES.flatMap(([name, lossClass]) => {
  const { loss } = Object.values(EXAMPLES[name]?.() ?? {})[0] ?? {};
  return loss instanceof DistanceMatrixLoss ? [{ name, lossClass, loss }] : [];
});

/** It looks at one pair a group: others that a miner chooses may leave nothing of it. */
const OF_ONE_PAIR = "NPairsLoss";

describe("Losses, miners, reducers and distances go with each other:", () => {
  for (const { name, lossClass, loss } of LOSSES_OF_DISTANCES) {
    const made = (changed: JsonObject): AnyLoss =>
      lossClass.from({ ...loss.config, ...changed } as JsonObject, loss.weights, parts) as AnyLoss;

    it(`${name} with every miner and every reducer`, () => {
      const own = "mining" in loss.config ? { mining: "all" } : {}; // what it is with a miner
      const choices = [...MINERS.map((miner) => ({ ...own, miner })), ...REDUCERS.map((reducer) => ({ reducer }))];
      for (const changed of choices) {
        const what = JSON.stringify(changed);
        const other = made(changed);
        const found = judge(other, { embeddings, targets: { groups } });
        expect([found.value, ...found.gradient].every(Number.isFinite), what).to.equal(true);
        if (name !== OF_ONE_PAIR || "reducer" in changed)
          expect(Math.hypot(...found.gradient), what).to.be.greaterThan(0);
        const alone = judge(other, { embeddings: embeddings.slice(0, 1), targets: { groups: [0] } });
        expect(
          [alone.value, ...alone.gradient].some((number) => number !== 0),
          what,
        ).to.equal(false);
      }
    });

    if (!("distance" in loss.config)) continue; // of angles
    it(`${name} with every distance`, () => {
      for (const distance of DISTANCES) {
        const found = judge(made({ distance }), { embeddings, targets: { groups } });
        expect([found.value, ...found.gradient].every(Number.isFinite), distance).to.equal(true);
      }
    });
  }

  it("every one that is exported", () => {
    expect(LOSSES_OF_DISTANCES.length).to.be.greaterThan(20);
    const made = [...MINERS, ...REDUCERS].map(({ type }) => type);
    const types = Object.values(miners as Record<string, unknown>).flatMap((value) =>
      typeof value === "function" && "type" in value && !(value.prototype instanceof miners.Regularizer)
        ? [value.type]
        : [],
    );
    expect(types).to.have.members(made);
  });
});
