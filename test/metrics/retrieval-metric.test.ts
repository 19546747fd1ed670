import { expect } from "chai";
import * as fc from "fast-check";
import {
  ConfigError,
  Cosine,
  Euclidean,
  Random,
  ShapeError,
  UnknownNameError,
  UsageError,
  attach,
  type DistanceName,
} from "likewise";
import {
  HitRate,
  MeanAveragePrecision,
  Precision,
  RPrecision,
  Recall,
  ReciprocalRank,
  type RetrievalMetric,
  type RetrievalMetricOptions,
} from "likewise/metrics";
import { plainDistance } from "../support/plain-distance.js";
import { plainMean, plainMeasure, type PlainCandidate, type PlainMeasure } from "../support/plain-ranking.js";
import { groupCandidates, groupTargets, matrix, pairTargets, tupleTargets, valueOf, type Rows } from "./batches.js";

/** Every metric with its definition. */
const examples: readonly (readonly [
  make: (options: RetrievalMetricOptions) => RetrievalMetric,
  plain: PlainMeasure,
])[] = [
  [(options) => new Precision(options), plainMeasure.precision(1)],
  [(options) => new Precision({ ...options, k: 3 }), plainMeasure.precision(3)],
  [(options) => new Recall(options), plainMeasure.recall(1)],
  [(options) => new Recall({ ...options, k: 4 }), plainMeasure.recall(4)],
  [(options) => new HitRate({ ...options, k: 2 }), plainMeasure.hitRate(2)],
  [(options) => new ReciprocalRank(options), plainMeasure.reciprocalRank()],
  [(options) => new ReciprocalRank({ ...options, k: 3 }), plainMeasure.reciprocalRank(3)],
  [(options) => new RPrecision(options), plainMeasure.rPrecision()],
  [(options) => new MeanAveragePrecision(options), plainMeasure.averagePrecision("R")],
  [(options) => new MeanAveragePrecision({ ...options, k: 3 }), plainMeasure.averagePrecision(3)],
];
const distances = Object.keys(plainDistance) as DistanceName[];
const nameOf = (make: (typeof examples)[number][0]): string => make({}).name;

/** Whole numbers, so that equal distances are equal exactly; few of them, so that there are many. */
function rowsOf(random: Random, count: number, range: number): number[][] {
  return Array.from({ length: count }, () => Array.from({ length: 3 }, () => random.integer(2 * range + 1) - range));
}

describe("every retrieval metric", () => {
  for (const [make, plain] of examples) {
    for (const distance of distances) {
      it(`${nameOf(make)} of groups by ${distance} distance equals plain loops, also with ties`, async () => {
        const random = new Random(`${nameOf(make)} ${distance}`);
        for (const range of [1, 40]) {
          // Cosines that are equal in theory may differ in the last bit: no ties but those of equal rows.
          const rows = distance === "cosine" ? rowsOf(random, 9, 40) : rowsOf(random, 9, range);
          const groups = rows.map(() => random.integer(4));
          if (distance === "cosine") rows[3] = [...rows[5]!];
          const expected = plainMean(groupCandidates(rows, groups, distance), plain);
          expect(await valueOf(make({ distance }), rows, groupTargets(groups))).to.be.closeTo(expected, 1e-9);
        }
      });
    }

    it(`${nameOf(make)} does not depend on the order of rows, nor on how they are batched`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 }), fc.integer({ min: 0, max: 3 })),
            {
              minLength: 2,
              maxLength: 30,
            },
          ),
          fc.nat(),
          async (data, seed) => {
            const metric = make({ distance: "squared-euclidean" });
            const rows = data.map(([x, y]) => [x, y]);
            const groups = data.map(([, , group]) => group);
            const value = await valueOf(metric, rows, groupTargets(groups));
            const order = new Random(seed).shuffle([...data.keys()]);
            const pick = <T>(values: readonly T[]): T[] => order.map((at) => values[at]!);
            expect(await valueOf(metric, pick(rows), groupTargets(pick(groups)))).to.satisfy(isCloseTo(value));
            metric.reset();
            const cut = 1 + (seed % (rows.length - 1));
            metric.update(matrix(rows.slice(0, cut)), groupTargets(groups.slice(0, cut)));
            metric.update(matrix(rows.slice(cut)), groupTargets(groups.slice(cut)));
            expect(await metric.value()).to.deep.equal(value);
          },
        ),
        { numRuns: 25 },
      );
    });

    it(`${nameOf(make)} is 1, or the most it can be, when groups are far apart`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 2, maxLength: 40 }), async (groups) => {
          const random = new Random("spread");
          const rows = groups.map((group) => [100 * group + random.uniform(), random.uniform()]);
          const value = await valueOf(make({ distance: "euclidean" }), rows, groupTargets(groups));
          const best = plainMean(
            groups
              .map((group, at) =>
                groups.flatMap((other, place) =>
                  place === at ? [] : [{ distance: other === group ? 0 : 1, grade: other === group ? 1 : 0 }],
                ),
              )
              .map((candidates) => candidates.filter(({ grade }) => grade > 0)),
            plain,
          );
          expect(value).to.satisfy(isCloseTo(best));
        }),
        { numRuns: 25 },
      );
    });

    it(`${nameOf(make)} is NaN without anything to find, and when an embedding is not finite`, async () => {
      expect(await make({}).value(), "nothing seen").to.be.NaN;
      expect(await valueOf(make({}), [[1, 2]], groupTargets([0])), "one row").to.be.NaN;
      expect(
        await valueOf(
          make({}),
          [
            [1, 2],
            [3, 4],
          ],
          groupTargets([0, 1]),
        ),
        "groups of one",
      ).to.be.NaN;
      expect(
        await valueOf(
          make({}),
          [
            [1, 2],
            [3, 4],
          ],
          pairTargets([0]),
        ),
        "no positive pair",
      ).to.be.NaN;
      expect(
        await valueOf(
          make({}),
          [
            [1, 2],
            [3, 4],
          ],
          tupleTargets([], [0]),
        ),
        "no positive",
      ).to.be.NaN;
      for (const wrong of [NaN, Infinity, -Infinity]) {
        const rows = [
          [1, 0],
          [1, 0],
          [0, 1],
          [0, wrong],
        ];
        expect(await valueOf(make({}), rows, groupTargets([0, 0, 1, 1])), String(wrong)).to.be.NaN;
        expect(await valueOf(make({ distance: "dot-product" }), rows, groupTargets([0, 0, 1, 2])), String(wrong)).to.be
          .NaN;
      }
      // Finite, but their squares are not.
      const large = [
        [1e30, 0],
        [1e30, 0],
        [0, 1e30],
        [0, 1e30],
      ];
      expect(await valueOf(make({ distance: "euclidean" }), large, groupTargets([0, 0, 1, 1]))).to.satisfy(
        (value: number) => Number.isNaN(value) || value < 1.1,
      );
    });

    it(`${nameOf(make)} of collapsed embeddings is what guessing gives`, async () => {
      const groups = [0, 0, 0, 1, 1, 2];
      const rows = groups.map(() => [0.3, -0.1]);
      const expected = plainMean(
        groupCandidates(
          rows.map(() => [0]),
          groups,
          "manhattan",
        ),
        plain,
      );
      for (const distance of distances) {
        expect(await valueOf(make({ distance }), rows, groupTargets(groups)), distance).to.be.closeTo(expected, 1e-9);
      }
      expect(
        await valueOf(
          make({}),
          rows.map(() => [0, 0]),
          groupTargets(groups),
        ),
        "zero vectors",
      ).to.be.closeTo(expected, 1e-9);
    });
  }
});

describe("a retrieval metric of pairs", () => {
  const random = new Random("pairs");
  const pairs = 8;
  const rows = Array.from({ length: 2 * pairs }, () => Array.from(random.normals(4)));
  const labels = [1, 0, 0.3, 1, 1, 0, 1, 1];
  const subgroups = [0, 1, 1, 2, 0, 2, 2, 3];

  function candidates(from: "a" | "b" | "both", ignoring: boolean): PlainCandidate[][] {
    return rows.map((row, at) =>
      (from === "a") === at < pairs || from === "both"
        ? rows.flatMap((other, place) => {
            const isPartner = place % pairs === at % pairs && place !== at;
            const isCandidate = from === "both" ? place !== at : place < pairs !== at < pairs;
            const isUnknown = !ignoring && !isPartner && subgroups[place % pairs] === subgroups[at % pairs];
            if (!isCandidate || isUnknown) return [];
            return [{ distance: plainDistance.euclidean(row, other), grade: isPartner ? labels[at % pairs]! : 0 }];
          })
        : [],
    );
  }

  for (const [direction, from] of [
    ["a-to-b", "a"],
    ["b-to-a", "b"],
    ["both", "both"],
  ] as const) {
    for (const ignoring of [true, false]) {
      it(`looks ${direction}, ${ignoring ? "with one subgroup among all" : "leaving out its own subgroup"}`, async () => {
        const targets = pairTargets(labels, ignoring ? undefined : subgroups);
        for (const [make, plain] of examples) {
          const metric = make({ distance: "euclidean", direction });
          expect(await valueOf(metric, rows, targets), metric.name).to.be.closeTo(
            plainMean(candidates(from, ignoring), plain),
            1e-9,
          );
        }
      });
    }
  }

  it("keeps partners together over several batches", async () => {
    for (const direction of ["a-to-b", "both"] as const) {
      const metric = new ReciprocalRank({ distance: "euclidean", direction });
      const whole = await valueOf(metric, rows, pairTargets(labels, subgroups));
      metric.reset();
      for (const [from, to] of [
        [0, 3],
        [3, 4],
        [4, 8],
      ] as const) {
        metric.update(
          matrix([...rows.slice(from, to), ...rows.slice(pairs + from, pairs + to)]),
          pairTargets(labels.slice(from, to), subgroups.slice(from, to)),
        );
      }
      expect(await metric.value()).to.be.closeTo(whole, 1e-12);
    }
  });

  it("takes the sides of a pair as belonging to different subgroups when they do", async () => {
    const metric = new Precision({ distance: "euclidean", direction: "both" });
    const apart: Rows = [[0], [10], [1], [11]];
    // b0 is nearest to a0 and, though of another subgroup than a0, its partner; a1 and b1 are as far.
    const value = await valueOf(metric, apart, { labels: Float32Array.of(1, 1), subgroups: Int32Array.of(0, 1, 1, 0) });
    expect(value).to.equal(1);
  });
});

describe("a retrieval metric of tuples", () => {
  it("looks for the positives of an anchor among the positives and negatives of all", async () => {
    const random = new Random("tuples");
    const batches = [
      { anchors: 3, positives: [0, 0, 2], negatives: [1, 2, 0, 1] },
      { anchors: 2, positives: [1, 1], negatives: [] },
    ].map((batch) => ({
      ...batch,
      rows: Array.from({ length: batch.anchors + batch.positives.length + batch.negatives.length }, () =>
        Array.from(random.normals(3)),
      ),
    }));
    const items = batches.flatMap(({ anchors, positives, negatives, rows }, batch) =>
      rows.slice(anchors).map((row, at) => ({
        row,
        owner: at < positives.length ? `${batch} ${positives[at]}` : "",
        size: negatives.length,
      })),
    );
    const candidates = batches.flatMap(({ anchors, rows }, batch) =>
      rows.slice(0, anchors).map((anchor, at) =>
        items.map(({ row, owner }) => ({
          distance: plainDistance.cosine(anchor, row),
          grade: owner === `${batch} ${at}` ? 1 : 0,
        })),
      ),
    );
    for (const [make, plain] of examples) {
      const metric = make({});
      for (const { positives, negatives, rows } of batches)
        metric.update(matrix(rows), tupleTargets(positives, negatives));
      expect(await metric.value(), metric.name).to.be.closeTo(plainMean(candidates, plain), 1e-9);
    }
  });
});

describe("a retrieval metric", () => {
  it("has the name under which it is logged, and larger is better", () => {
    expect(examples.map(([make]) => make({}).name)).to.deep.equal([
      ...["precision@1", "precision@3", "recall@1", "recall@4", "hit-rate@2", "reciprocal-rank", "reciprocal-rank@3"],
      ...["r-precision", "map@R", "map@3"],
    ]);
    for (const [make] of examples) expect(make({}).higherIsBetter).to.equal(true);
  });

  it("fits models of groups, pairs and tuples, but not of labels", () => {
    const metric = new RPrecision();
    expect(attach<"group">(metric).name).to.equal("r-precision");
    expect(attach<"pair">(metric).name).to.equal("r-precision");
    expect(attach<"tuple">(metric).name).to.equal("r-precision");
    // @ts-expect-error labels do not say what should be found
    attach<"label">(metric);
  });

  it("uses the distance of the loss unless it has its own", async () => {
    // By direction 0 and 2 are nearest, by length 0 and 1.
    const rows = [
      [1, 0],
      [1, 0.5],
      [9, 0.1],
      [9, 9],
    ];
    const targets = groupTargets([0, 0, 1, 1]);
    const given = new Precision({ distance: "euclidean" });
    const free = new Precision();
    expect(await valueOf(free, rows, targets)).to.equal(0);
    free.useDistance(new Euclidean());
    given.useDistance(new Cosine());
    expect(await valueOf(free, rows, targets)).to.equal(await valueOf(given, rows, targets));
    expect(await valueOf(given, rows, targets)).to.equal(0.75);
  });

  it("copies what it borrows", async () => {
    const metric = new Precision();
    const batch = matrix([
      [1, 0],
      [1, 0.1],
      [0, 1],
      [0.1, 1],
    ]);
    const targets = { groups: Int32Array.of(0, 0, 1, 1) };
    metric.update(batch, targets);
    batch.data.fill(0);
    targets.groups.fill(0);
    expect(await metric.value()).to.equal(1);
  });

  it("starts anew after reset", async () => {
    const metric = new Precision();
    metric.update(matrix([[1], [2]]), groupTargets([0, 0]));
    metric.update(matrix([[NaN], [2]]), groupTargets([0, 0]));
    metric.reset();
    expect(await metric.value()).to.be.NaN;
    metric.update(
      matrix([
        [1, 2],
        [2, 1],
      ]),
      pairTargets([1]),
    );
    expect(await metric.value()).to.equal(1);
  });

  it("lets other work of the process run while it computes", async () => {
    const random = new Random("busy");
    const rows = Array.from({ length: 2500 }, () => Array.from(random.normals(2)));
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    await valueOf(new Precision(), rows, groupTargets(rows.map((_, at) => at % 50)));
    clearInterval(timer);
    expect(turns).to.be.greaterThan(1);
  });

  it("refuses batches that do not fit together, saying what to do", () => {
    const metric = new Precision();
    metric.update(matrix([[1], [2]]), groupTargets([0, 0]));
    expect(() => metric.update(matrix([[1], [2]]), pairTargets([1]))).to.throw(
      UsageError,
      "precision@1 has seen a group batch; call reset before a pair batch",
    );
    expect(() => metric.update(matrix([[1, 2]]), groupTargets([0]))).to.throw(ShapeError);
    expect(() => metric.update(matrix([[1]]), groupTargets([0, 1]))).to.throw(
      ShapeError,
      "2 rows for these group targets",
    );
    expect(() => new Recall().update(matrix([[1], [2], [3]]), pairTargets([1]))).to.throw(ShapeError);
    expect(() => new Recall().update(matrix([[1]]), tupleTargets([0], [0]))).to.throw(ShapeError);
    expect(() => new Recall().update(matrix([[1]]), { labels: Float32Array.of(1) } as never)).to.throw(UsageError);
  });

  it("refuses wrong options, all at once", () => {
    expect(() => new Precision({ k: 0, direction: "up", n: 1 } as never))
      .to.throw(ConfigError)
      .with.property("problems")
      .with.lengthOf(3);
    expect(() => new Recall({ k: 1.5 })).to.throw(ConfigError, "k: expected a whole number of at least 1");
    expect(() => new HitRate({ k: -1 })).to.throw(ConfigError);
    expect(() => new ReciprocalRank({ k: 0 })).to.throw(ConfigError);
    expect(() => new MeanAveragePrecision({ k: "r" } as never)).to.throw(ConfigError);
    expect(() => new RPrecision({ average: "mean" } as never)).to.throw(
      ConfigError,
      "average: expected one of macro, micro",
    );
    expect(() => new Precision({ distance: "hamming" } as never)).to.throw(UnknownNameError);
  });
});

function isCloseTo(expected: number): (value: number) => boolean {
  return (value) => (Number.isNaN(expected) ? Number.isNaN(value) : Math.abs(value - expected) < 1e-9);
}
