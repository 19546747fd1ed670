import { expect } from "chai";
import { TupleTripletLoss, type TupleTripletOptions } from "likewise/losses";
import { ClassWeightedReducer, MeanReducer, PerAnchorReducer, SumReducer } from "likewise/miners";
import * as tf from "likewise/tf";
import { ConfigError, UsageError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { judge, matrixTensor, randomRows } from "../support/loss.js";
import { plainMatrix } from "../support/plain-distance.js";

/** Three anchors; the last positive is none. */
const targets = {
  positiveOwners: [0, 0, 1, 2, 2],
  negativeOwners: [0, 1, 1, 2, 0],
  scores: [1, 0.5, 1, 1, 0, 0, 0, 0, 0, 0],
};
const ANCHORS = 3;
const rows = randomRows(new Random("tuples"), ANCHORS + 10, 4);
const batch = { embeddings: rows, targets };

/** What each anchor's triplets cost, one by one. */
function byAnchor(
  at: Matrix,
  { margin = 0.5, swap = false, smooth = false, distance = "cosine" }: TupleTripletOptions,
) {
  const d = plainMatrix(distance as "cosine", at, at);
  const costs: number[][] = Array.from({ length: ANCHORS }, () => []);
  targets.positiveOwners.forEach((owner, i) =>
    targets.negativeOwners.forEach((other, j) => {
      if (owner !== other || targets.scores[i] === 0) return;
      const [p, n] = [ANCHORS + i, ANCHORS + targets.positiveOwners.length + j];
      const nearest = swap ? Math.min(d[owner]![n]!, d[p]![n]!) : d[owner]![n]!;
      const gap = d[owner]![p]! - nearest + margin;
      costs[owner]!.push(smooth ? Math.log1p(Math.exp(gap)) : Math.max(0, gap));
    }),
  );
  return costs;
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / Math.max(1, values.length);

describe("TupleTripletLoss", () => {
  for (const options of [{}, { swap: true, margin: 0.9 }, { smooth: true }, { swap: true, smooth: true }] as const) {
    it(`equals plain loops, value and gradient: ${JSON.stringify(options)}`, () => {
      for (const distance of ["cosine", "euclidean", "manhattan"] as const) {
        const given = { ...options, distance };
        const value = (at: Matrix): number => {
          const all = byAnchor(at, given).flat();
          return mean("smooth" in options ? all : all.filter((cost) => cost > 0));
        };
        const found = judge(new TupleTripletLoss(given), batch);
        expectClose(found.value, value(rows), { relative: 2e-5, what: distance });
        const slope = centralDifferences(value, rows, 1e-6);
        expectClose(found.gradient, slope, { relative: 1e-3, absolute: 1e-4, what: distance });
      }
    });
  }

  it("goes with reducers, which see each anchor's triplets together", () => {
    const costs = byAnchor(rows, { smooth: true });
    for (const [reducer, value] of [
      [new MeanReducer(), mean(costs.flat())],
      [new SumReducer(), mean(costs.flat()) * costs.flat().length],
      [new PerAnchorReducer(), mean(costs.map(mean))],
    ] as const)
      expectClose(judge(new TupleTripletLoss({ smooth: true, reducer }), batch).value, value, { what: reducer.type });
    const weighted = new TupleTripletLoss({ reducer: new ClassWeightedReducer({ weights: [1] }) });
    tf.tidy(() => {
      const given = {
        positiveOwners: tf.tensor1d([0], "int32"),
        negativeOwners: tf.tensor1d([0], "int32"),
        scores: tf.tensor1d([1, 0]),
      };
      expect(() => weighted.compute({}, matrixTensor(rows.slice(0, 3)), given)).to.throw(UsageError, "MeanReducer");
    });
  });

  it("has loss 0 with gradient 0 where an anchor has no negative", () => {
    for (const [positiveOwners, negativeOwners] of [
      [[0], []],
      [[0], [1]],
    ] as const) {
      const scores = [1, ...negativeOwners.map(() => 0)];
      const embeddings = rows.slice(0, 2 + scores.length);
      const found = judge(new TupleTripletLoss(), { embeddings, targets: { positiveOwners, negativeOwners, scores } });
      expect([found.value, found.weight, ...found.gradient].some((number) => number !== 0)).to.equal(false);
    }
  });

  it("refuses options that mean nothing", () => {
    expect(() => new TupleTripletLoss({ margin: -1, swap: 1 as never }))
      .to.throw(ConfigError, /margin[^]*swap/u)
      .with.property("problems")
      .that.has.length(2);
    expect(() => new TupleTripletLoss({ reducer: "mean" as never })).to.throw(ConfigError, "reducer");
  });
});
