import { expect } from "chai";
import fc from "fast-check";
import { OnlineContrastiveLoss, TripletLoss } from "likewise/losses";
import * as exported from "likewise/miners";
import type { Miner } from "likewise/miners";
import { Cosine, Euclidean, Manhattan } from "../../../lib/distances/index.js";
import { ConfigError } from "../../../lib/errors.js";
import type { JsonObject } from "../../../lib/json.js";
import { Random } from "../../../lib/random.js";
import type { Matrix } from "../../support/gradient.js";
import { judge, randomRows } from "../../support/loss.js";
import { masksOf, tiedBatches } from "../../support/plain-masks.js";
import { mine, type Choice } from "./running.js";

const {
  AngularMiner,
  BatchEasyHardMiner,
  BatchHardMiner,
  DistanceWeightedMiner,
  HDCMiner,
  MultiSimilarityMiner,
  NHardMiner,
  PairMarginMiner,
  RandomTripletMiner,
  TripletMarginMiner,
  UniformHistogramMiner,
} = exported;

const MINERS: Readonly<Record<string, () => readonly Miner[]>> = {
  AngularMiner: () => [new AngularMiner(), new AngularMiner({ angle: 40, normalize: false })],
  BatchEasyHardMiner: () => [
    new BatchEasyHardMiner(),
    new BatchEasyHardMiner({ positives: "semi-hard", negatives: "easy" }),
    new BatchEasyHardMiner({ positives: "all", negatives: "hard", negativeRange: [0, 1.5] }),
  ],
  BatchHardMiner: () => [new BatchHardMiner()],
  DistanceWeightedMiner: () => [new DistanceWeightedMiner()],
  HDCMiner: () => [new HDCMiner(), new HDCMiner({ share: 0.2 })],
  MultiSimilarityMiner: () => [new MultiSimilarityMiner()],
  NHardMiner: () => [new NHardMiner(), new NHardMiner({ positives: 2, negatives: [2, 4] })],
  PairMarginMiner: () => [new PairMarginMiner()],
  RandomTripletMiner: () => [new RandomTripletMiner(), new RandomTripletMiner({ perAnchor: 3 })],
  TripletMarginMiner: () =>
    (["all", "hard", "semi-hard", "easy"] as const).map((triplets) => new TripletMarginMiner({ triplets })),
  UniformHistogramMiner: () => [new UniformHistogramMiner({ bins: 4, positivesPerBin: 2, negativesPerBin: 3 })],
};

const every = Object.values(MINERS).flatMap((make) => make());
const size = 4;
const groups = [0, 0, 1, 1, 2, 2, 0, 3];
const rows = randomRows(new Random("rows"), groups.length, size);

/** Each row with each positive and each negative of it. */
function triplets(of: readonly number[]): [a: number, p: number, n: number][] {
  const { positive, negative } = masksOf(of);
  const all = of.map((_, at) => at);
  return all.flatMap((a) =>
    all.flatMap((p) => (positive(a, p) ? all.filter((n) => negative(a, n)).map((n) => [a, p, n] as never) : [])),
  );
}

/** In how many of the triplets each pair is. */
function pairCounts(n: number, chosen: readonly (readonly [number, number, number])[]): [number[][], number[][]] {
  const empty = (): number[][] => Array.from({ length: n }, () => new Array<number>(n).fill(0));
  const [positives, negatives] = [empty(), empty()];
  for (const [a, p, q] of chosen) {
    positives[a]![p]! += 1;
    negatives[a]![q]! += 1;
  }
  return [positives, negatives];
}

const plain = (matrix: Matrix): number[][] => matrix.map((row) => row.map((v) => v + 0)); // no -0

describe("every miner", () => {
  it("has an example here", () => {
    const names = Object.values(exported as Record<string, unknown>)
      .filter((value) => typeof value === "function" && value.prototype instanceof exported.Miner)
      .map((value) => (value as { type: string }).type);
    expect(names.sort()).to.deep.equal(Object.keys(MINERS));
  });

  for (const miner of every) {
    describe(`${miner.type} ${JSON.stringify(miner.config)}`, () => {
      it("comes back with a loss from what is saved of it", () => {
        const loss = new OnlineContrastiveLoss({ miner });
        const saved = JSON.parse(JSON.stringify(loss.config)) as JsonObject;
        const again = OnlineContrastiveLoss.from(saved);
        expect(again.config).to.deep.equal(loss.config);
        expect(again.miner).to.be.instanceOf(miner.constructor);
        const spoilt = { ...saved, miner: { type: miner.type, config: { ...miner.config, extra: 1 } } };
        expect(() => OnlineContrastiveLoss.from(spoilt)).to.throw(ConfigError, "extra: unknown");
      });

      it("chooses positives among positives and negatives among negatives, in whole numbers", () => {
        const { positive, negative } = masksOf(groups);
        const found = mine(miner, new Cosine(), { rows, groups });
        groups.forEach((_, a) =>
          groups.forEach((__, b) => {
            const [p, n] = [found.positives[a]![b]!, found.negatives[a]![b]!];
            expect(Number.isInteger(p) && p >= 0 && Number.isInteger(n) && n >= 0).to.equal(true);
            if (!positive(a, b)) expect(p).to.equal(0);
            if (!negative(a, b)) expect(n).to.equal(0);
          }),
        );
      });

      it("does not choose remembered rows that are not valid, whatever they hold", () => {
        const others = { rows: [...rows, [9, 9, 9, 9]], groups: [...groups, 0], valid: [...groups.map(() => 1), 0] };
        const found = mine(miner, new Euclidean(), { rows, groups, others });
        expect([...found.positives, ...found.negatives].every((row) => row[groups.length] === 0)).to.equal(true);
      });

      it("gives losses of 0 with gradient 0 where there is no triplet, finite ones for equal points, and shows NaN", () => {
        for (const loss of [new TripletLoss({ miner }), new OnlineContrastiveLoss({ miner, margin: 0 })]) {
          for (const [given, of] of [
            [rows.slice(0, 1), [0]],
            [rows.slice(0, 3), [0, 1, 2]],
            [rows.slice(0, 3), [0, 0, 0]],
          ] as const) {
            const found = judge(loss, { embeddings: given, targets: { groups: of } });
            if (loss instanceof OnlineContrastiveLoss && of.every((group) => group === 0)) {
              expect(found.value).to.satisfy(Number.isFinite);
              continue;
            }
            expect(found.value, JSON.stringify(of)).to.equal(0);
            expect(found.gradient.every((g) => g === 0)).to.equal(true);
          }
          for (const embeddings of [groups.map(() => [1, 2, 0, 1]), groups.map(() => [0, 0, 0, 0])]) {
            const found = judge(loss, { embeddings, targets: { groups } });
            expect([found.value, ...found.gradient].every(Number.isFinite)).to.equal(true);
          }
          const broken = rows.map((row, at) => (at === 7 ? [NaN, 0, 0, 0] : row));
          expect(judge(loss, { embeddings: broken, targets: { groups } }).value).to.be.NaN;
        }
      });
    });
  }
});

describe("TripletMarginMiner", () => {
  const within: Readonly<Record<string, (gap: number, margin: number) => boolean>> = {
    all: (gap, margin) => gap <= margin,
    hard: (gap) => gap <= 0,
    "semi-hard": (gap, margin) => gap > 0 && gap <= margin,
    easy: (gap, margin) => gap > margin,
  };
  for (const [kind, takes] of Object.entries(within)) {
    it(`${kind}: counts each pair's triplets, and a loss sums over just these, also with ties`, () => {
      fc.assert(
        fc.property(tiedBatches, fc.integer({ min: 0, max: 4 }), ({ groups: of, rows: at }, margin) => {
          const miner = new TripletMarginMiner({ margin, triplets: kind as "all" });
          const { positives, negatives, distances: d } = mine(miner, new Manhattan(), { rows: at, groups: of });
          const chosen = triplets(of).filter(([a, p, n]) => takes(d[a]![n]! - d[a]![p]!, margin));
          expect([plain(positives), plain(negatives)]).to.deep.equal(pairCounts(of.length, chosen));
          const losses = chosen.map(([a, p, n]) => Math.max(0, d[a]![p]! - d[a]![n]! + 2));
          const loss = new TripletLoss({
            miner,
            margin: 2,
            distance: "manhattan",
            reducer: new exported.MeanReducer(),
          });
          const found = judge(loss, { embeddings: at, targets: { groups: of } });
          expect(found.weight).to.equal(losses.length);
          expect(found.value).to.be.closeTo(losses.reduce((sum, x) => sum + x, 0) / Math.max(1, losses.length), 1e-4);
        }),
        { numRuns: 15 },
      );
    });
  }
});

describe("AngularMiner", () => {
  it("equals plain loops over triplets of unit vectors", () => {
    const unit = rows.map((row) => row.map((v) => v / Math.hypot(...row)));
    const apart = (x: readonly number[], y: readonly number[]): number => Math.hypot(...x.map((v, k) => v - y[k]!));
    const chosen = triplets(groups).filter(([a, p, n]) => {
      const center = unit[a]!.map((v, k) => (v + unit[p]![k]!) / 2);
      return Math.atan(apart(unit[a]!, unit[p]!) / (2 * apart(unit[n]!, center))) > (35 * Math.PI) / 180;
    });
    const { positives, negatives } = mine(new AngularMiner({ angle: 35 }), new Cosine(), { rows, groups });
    expect(chosen.length).to.be.within(5, triplets(groups).length - 5);
    expect([plain(positives), plain(negatives)]).to.deep.equal(pairCounts(groups.length, chosen));
  });

  it("looks at the farthest positives only where it is told so", () => {
    const unit = rows.map((row) => row.map((v) => v / Math.hypot(...row)));
    const apart = (a: number, b: number): number => Math.hypot(...unit[a]!.map((v, k) => v - unit[b]![k]!));
    const farthest = groups.map((group, a) =>
      groups.reduce((best, other, p) => (other === group && p !== a && !(apart(a, best) >= apart(a, p)) ? p : best), a),
    );
    const all = mine(new AngularMiner({ angle: 35 }), new Cosine(), { rows, groups });
    const one = mine(new AngularMiner({ angle: 35, positives: 1 }), new Cosine(), { rows, groups });
    const wanted = all.positives.map((row, a) => row.map((count, p) => (p === farthest[a] ? count : 0)));
    expect(one.positives).to.deep.equal(wanted);
    expect(one.positives).to.not.deep.equal(all.positives);
    const sums = (matrix: Matrix): number[] => matrix.map((row) => row.reduce((sum, count) => sum + count, 0));
    expect(sums(one.negatives)).to.deep.equal(sums(one.positives));
  });

  it("finds every triplet of large groups, and the same with no more positives than they have", () => {
    const count = 460; // two groups of 230 rows
    const many = {
      rows: randomRows(new Random("many"), count, 3),
      groups: Array.from({ length: count }, (_, i) => i % 2),
    };
    const all = mine(new AngularMiner(), new Cosine(), many);
    expect(mine(new AngularMiner({ positives: 229 }), new Cosine(), many)).to.deep.equal(all);
    expect(mine(new AngularMiner({ positives: 228 }), new Cosine(), many)).to.not.deep.equal(all);
    const unit = many.rows.map((row) => row.map((v) => v / Math.hypot(...row)));
    const squared = (x: readonly number[], y: readonly number[]): number =>
      x.reduce((sum, v, k) => sum + (v - y[k]!) ** 2, 0);
    const limit = 4 * Math.tan((20 * Math.PI) / 180) ** 2;
    let different = 0;
    for (const [a, p] of [
      [0, 2],
      [7, 459],
      [100, 300],
    ] as const) {
      const center = unit[a]!.map((v, k) => (v + unit[p]![k]!) / 2);
      const wide = unit.filter(
        (n, at) => at % 2 !== a % 2 && squared(unit[a]!, unit[p]!) > limit * squared(n, center),
      ).length;
      different += Math.abs(wide - all.positives[a]![p]!);
      expect(wide).to.be.greaterThan(0);
    }
    expect(different, "triplets at the very bound").to.be.at.most(1);
    const sums = (matrix: Matrix): number[] => matrix.map((row) => row.reduce((sum, found) => sum + found, 0));
    expect(sums(all.negatives)).to.deep.equal(sums(all.positives));
  });

  it("refuses a number of positives that is none", () => {
    expect(() => new AngularMiner({ positives: 0 })).to.throw("positives");
  });
});

describe("DistanceWeightedMiner", () => {
  const miner = new DistanceWeightedMiner({ farthest: 1.6 });
  const draw = (seed: number): Choice => mine(miner, new Cosine(), { rows, groups }, seed);

  it("draws one negative for each positive", () => {
    const { positives, negatives, negative } = draw(1);
    const drawn = groups.map((_, a) =>
      groups.map((__, n) => groups.filter((___, p) => positives[a]![p] === 1 && negative![a]![p] === n).length),
    );
    expect(plain(negatives)).to.deep.equal(drawn);
    expect(positives.flat().reduce((sum, v) => sum + v, 0)).to.be.greaterThan(8);
    expect(draw(2).negatives).to.not.deep.equal(negatives);
    expect(draw(1)).to.deep.equal(draw(1));
  });

  it("draws by the density of distances on the sphere, for every positive alike", () => {
    const runs = 500;
    const [a, p] = [6, 0];
    const unit = rows.map((row) => row.map((v) => v / Math.hypot(...row)));
    const chance = groups.map((group, n) => {
      const d = Math.max(0.5, Math.hypot(...unit[a]!.map((v, k) => v - unit[n]![k]!)));
      return group === groups[a] || d >= 1.6 ? 0 : d ** (2 - size) * (1 - (d * d) / 4) ** ((3 - size) / 2);
    });
    const total = chance.reduce((sum, v) => sum + v, 0);
    const seen = groups.map(() => 0);
    for (let run = 0; run < runs; run += 1) seen[draw(run).negative![a]![p]!]! += 1;
    chance.forEach((c, n) => expect(seen[n]! / runs).to.be.closeTo(c / total, 0.08));
  });
});

describe("UniformHistogramMiner", () => {
  it("takes all of a bin with few pairs, and as many as asked of others on average", () => {
    const many = new UniformHistogramMiner({ bins: 1, positivesPerBin: 100, negativesPerBin: 6 });
    const found = Array.from({ length: 80 }, (_, seed) => mine(many, new Cosine(), { rows, groups }, seed));
    const sum = (matrix: Matrix): number => matrix.flat().reduce((total, v) => total + v, 0);
    expect(sum(found[0]!.positives)).to.equal(10);
    expect(found.reduce((total, { negatives }) => total + sum(negatives), 0) / 80).to.be.closeTo(6, 1);
  });
});
