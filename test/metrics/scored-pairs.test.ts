import { expect } from "chai";
import { ConfigError, Euclidean, type HostTargets } from "likewise";
import {
  AreaUnderCurve,
  AveragePrecision,
  BestThreshold,
  Correlation,
  MissRate,
  TripletAccuracy,
  type ScoredPairsMetric,
  type ScoredPairsOptions,
} from "likewise/metrics";
import { matrix, pairTargets, tupleTargets, type Rows } from "./batches.js";

const metrics: readonly ((options: ScoredPairsOptions) => ScoredPairsMetric)[] = [
  (options) => new AreaUnderCurve(options),
  (options) => new AveragePrecision(options),
  (options) => new BestThreshold(options),
  (options) => new BestThreshold({ ...options, measure: "accuracy" }),
  (options) => new BestThreshold({ ...options, measure: "mcc" }),
  (options) => new MissRate(options),
  (options) => new Correlation(options),
  (options) => new Correlation({ ...options, method: "pearson" }),
];

/** Pairs of numbers on a line that lie so far apart. */
const apart = (distances: readonly number[]): Rows => [
  ...distances.map(() => [0, 1]),
  ...distances.map((distance) => [distance, 1]),
];

async function valueOf(metric: ScoredPairsMetric, rows: Rows, labels: readonly number[]): Promise<number> {
  metric.reset();
  metric.update(matrix(rows), pairTargets(labels));
  return metric.value();
}

const names = metrics.map((make) => make({}).name);

describe("metrics of scored pairs", () => {
  it("have names of their own", () => {
    expect(names).to.deep.equal([
      "auc",
      "average-precision",
      "best-f1",
      "best-accuracy",
      "best-mcc",
      "miss-rate@0.01",
      "spearman",
      "pearson",
    ]);
  });

  metrics.forEach((make, at) => {
    it(`${names[at]!} is at its best when similar pairs are nearer`, async () => {
      const metric = make({ distance: "euclidean" });
      const value = await valueOf(metric, apart([0.1, 0.1, 0.5, 0.5]), [1, 1, 0, 0]);
      expect(value).to.be.closeTo(metric.higherIsBetter ? 1 : 0, 1e-6);
    });

    it(`${names[at]!} does not depend on batches, and forgets on reset`, async () => {
      const metric = make({ distance: "euclidean" });
      const [distances, labels] = [
        [0.1, 0.9, 0.3, 0.6, 0.2],
        [1, 0, 1, 1, 0],
      ];
      const value = await valueOf(metric, apart(distances), labels);
      metric.reset();
      for (const [from, to] of [
        [0, 2],
        [2, 5],
      ] as const) {
        metric.update(matrix(apart(distances.slice(from, to))), pairTargets(labels.slice(from, to)));
      }
      expect(await metric.value()).to.equal(value);
      expect(value).to.be.within(-1, 1);
      metric.reset();
      expect(await metric.value()).to.be.NaN;
    });

    it(`${names[at]!} is NaN when an embedding is not finite`, async () => {
      expect(
        await valueOf(
          make({}),
          [
            [1, 0],
            [1, 0],
            [NaN, 0],
            [0, 1],
          ],
          [1, 0],
        ),
      ).to.be.NaN;
    });

    it(`${names[at]!} takes the distance of the loss, unless it has one`, async () => {
      // Near by euclidean distance, opposite by cosine.
      const rows = [
        [0.01, 0],
        [5, 0],
        [-0.01, 0],
        [9, 0],
      ];
      const own = make({});
      own.useDistance(new Euclidean());
      expect(await valueOf(own, rows, [1, 0])).to.equal(await valueOf(make({ distance: "euclidean" }), rows, [1, 0]));
      const given = make({ distance: "cosine" });
      given.useDistance(new Euclidean());
      expect(await valueOf(given, rows, [1, 0])).to.equal(await valueOf(make({}), rows, [1, 0]));
    });
  });

  it("count as they are defined", async () => {
    const [distances, labels] = [
      [0.1, 0.2, 0.3, 0.4],
      [1, 0, 1, 0],
    ];
    const of = (metric: ScoredPairsMetric): Promise<number> => valueOf(metric, apart(distances), labels);
    expect(await of(new AreaUnderCurve({ distance: "euclidean" }))).to.be.closeTo(3 / 4, 1e-9);
    expect(await of(new AveragePrecision({ distance: "euclidean" }))).to.be.closeTo((1 + 2 / 3) / 2, 1e-9);
    expect(await of(new BestThreshold({ distance: "euclidean" }))).to.be.closeTo(4 / 5, 1e-9);
    expect(await of(new MissRate({ distance: "euclidean", falseMatchRate: 0.5 }))).to.be.closeTo(0, 1e-9);
    expect(await of(new MissRate({ distance: "euclidean" }))).to.be.closeTo(1 / 2, 1e-9);
    expect(await of(new Correlation({ distance: "euclidean" }))).to.be.closeTo(1 / Math.sqrt(5), 1e-6);
  });

  it("refuse options that they do not know, and targets of another kind", () => {
    expect(() => new MissRate({ falseMatchRate: 2, other: 1 } as never)).to.throw(
      ConfigError,
      /falseMatchRate(.|\n)*other/,
    );
    expect(() => new Correlation({ method: "kendall" as never })).to.throw(ConfigError, /method/);
    const groups = { groups: Int32Array.of(0, 1) } as unknown as HostTargets<"pair">;
    expect(() => new AreaUnderCurve().update(matrix([[1], [2]]), groups)).to.throw(/pairs/);
    expect(() => new AreaUnderCurve().update(matrix([[1], [2], [3]]), pairTargets([1]))).to.throw(/2 rows/);
  });
});

describe("TripletAccuracy", () => {
  it("is the share of triplets with the positive nearer, equal ones half", async () => {
    const metric = new TripletAccuracy({ distance: "euclidean" });
    // Anchors 0 and 10; positives 1, 3 of the first, 12 of the second; negatives 2, 3 of the first.
    metric.update(matrix([[0], [10], [1], [3], [12], [2], [3]]), tupleTargets([0, 0, 1], [0, 0]));
    expect(await metric.value()).to.be.closeTo((1 + 1 + 0 + 0.5) / 4, 1e-9);
    metric.reset();
    expect(await metric.value()).to.be.NaN;
    metric.update(matrix([[0], [NaN], [2]]), tupleTargets([0], [0]));
    expect(await metric.value()).to.be.NaN;
  });
});
