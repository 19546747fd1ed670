import { expect } from "chai";
import fc from "fast-check";
import { TripletLoss, type TripletOptions } from "likewise/losses";
import {
  BatchHardMiner,
  DistanceWeightedMiner,
  MeanReducer,
  MultiSimilarityMiner,
  NHardMiner,
  PerAnchorReducer,
  RandomTripletMiner,
  ThresholdReducer,
  TripletMarginMiner,
} from "likewise/miners";
import { SignalToNoise } from "../../lib/distances/index.js";
import type { DistanceName } from "../../lib/distances/index.js";
import { Random } from "../../lib/random.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { judge, randomRows, type PlainMemory } from "../support/loss.js";
import { plainMatrix } from "../support/plain-distance.js";
import { masksOf, masksOfMemory, tiedBatches, type PlainMasks } from "../support/plain-masks.js";
import { mine } from "./mining/running.js";

type Triplet = readonly [a: number, p: number, n: number];

/** What the triplets cost, one after the other, given distances to columns and among columns. */
function costs(
  triplets: readonly Triplet[],
  toColumns: Matrix,
  among: Matrix,
  { margin = 0.5, swap = false, smooth = false, soft = false }: TripletOptions,
): number[] {
  return triplets.map(([a, p, n]) => {
    const nearest = swap ? Math.min(toColumns[a]![n]!, among[p]![n]!) : toColumns[a]![n]!;
    const gap = toColumns[a]![p]! - nearest + (soft ? 0 : margin);
    return smooth || soft ? Math.log1p(Math.exp(gap)) : Math.max(0, gap);
  });
}

/** The triplets that `mining` is about. */
function tripletsOf(d: Matrix, { positive, negative }: PlainMasks, mining: TripletOptions["mining"]): Triplet[] {
  return d.flatMap((row, a): Triplet[] => {
    const all = row.map((_, at) => at);
    const [positives, negatives] = [all.filter((p) => positive(a, p)), all.filter((n) => negative(a, n))];
    if (positives.length === 0 || negatives.length === 0) return [];
    const extreme = (of: readonly number[], sign: number): number =>
      of.reduce((best, at) => (sign * row[at]! > sign * row[best]! ? at : best));
    if (mining === "all") return positives.flatMap((p) => negatives.map((n): Triplet => [a, p, n]));
    if (mining === "semi-hard")
      return positives.map((p) => {
        const farther = negatives.filter((n) => row[n]! > row[p]!);
        return [a, p, farther.length > 0 ? extreme(farther, -1) : extreme(negatives, 1)];
      });
    return [[a, extreme(positives, 1), extreme(negatives, -1)]];
  });
}

/** The mean of the costs, for "all" with a margin of those above zero. */
function reduced(
  found: readonly number[],
  { mining = "all", smooth = false, soft = false }: TripletOptions,
): { value: number; count: number } {
  const counted = mining === "all" && !smooth && !soft ? found.filter((cost) => cost > 1e-9) : found;
  return { value: counted.reduce((sum, cost) => sum + cost, 0) / Math.max(1, counted.length), count: counted.length };
}

const FORMS: readonly TripletOptions[] = [
  { swap: true },
  { smooth: true },
  { swap: true, smooth: true, margin: 0.1 },
  { swap: true, soft: true },
];
const VARIANTS = (["hard", "semi-hard", "all"] as const).flatMap((mining) =>
  FORMS.map((form): TripletOptions => ({ ...form, mining })),
);
const groups = [0, 0, 0, 1, 1, 2, 3, 3, 3, 3, 2];

describe("TripletLoss with swap, smooth and soft", () => {
  for (const options of [...VARIANTS, { mining: "all", soft: true } as const]) {
    it(`equals plain loops, value and gradient: ${JSON.stringify(options)}`, () => {
      for (const distance of ["cosine", "euclidean", "squared-euclidean", "manhattan"] as DistanceName[]) {
        const rows = randomRows(new Random(`${JSON.stringify(options)}${distance}`), groups.length, 5);
        const plain = (at: Matrix): ReturnType<typeof reduced> => {
          const d = plainMatrix(distance, at, at);
          return reduced(costs(tripletsOf(d, masksOf(groups), options.mining), d, d, options), options);
        };
        const found = judge(new TripletLoss({ ...options, distance }), { embeddings: rows, targets: { groups } });
        expectClose(found.value, plain(rows).value, { relative: 2e-5, what: distance });
        expect(found.weight).to.equal(plain(rows).count);
        const slope = centralDifferences((at) => plain(at).value, rows, 1e-6);
        expectClose(found.gradient, slope, { relative: 1e-3, absolute: 1e-4, what: `gradient, ${distance}` });
      }
    });
  }

  it("takes a distance that is not symmetric from the positive to the negative", () => {
    const rows = randomRows(new Random("signal"), groups.length, 5);
    const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
    const deviation = (row: readonly number[]): number => mean(row.map((v) => (v - mean(row)) ** 2));
    const d = rows.map((x) => rows.map((y) => deviation(x.map((v, k) => v - y[k]!)) / deviation(x)));
    for (const mining of ["hard", "semi-hard", "all"] as const) {
      const options = { mining, swap: true } as const;
      const plain = reduced(costs(tripletsOf(d, masksOf(groups), mining), d, d, options), options);
      const loss = new TripletLoss({ ...options, distance: new SignalToNoise() });
      const found = judge(loss, { embeddings: rows, targets: { groups } });
      expectClose(found.value, plain.value, { relative: 1e-4, what: mining });
    }
  });

  it("equals plain loops on integers full of ties", () => {
    fc.assert(
      fc.property(tiedBatches, fc.integer({ min: 0, max: 3 }), fc.boolean(), ({ groups: of, rows }, margin, smooth) => {
        const options = { mining: "all", swap: true, margin, smooth } as const;
        const d = plainMatrix("manhattan", rows, rows);
        const plain = reduced(costs(tripletsOf(d, masksOf(of), "all"), d, d, options), options);
        const loss = new TripletLoss({ ...options, distance: "manhattan" });
        const found = judge(loss, { embeddings: rows, targets: { groups: of } });
        expectClose(found.value, plain.value);
        expect(found.weight).to.equal(plain.count);
        expect(found.gradient.every(Number.isFinite)).to.equal(true);
      }),
      { numRuns: 40, seed: 11 },
    );
  });

  describe("against a memory", () => {
    const random = new Random("memory");
    const own = [0, 1, 2, 2, 5];
    const rows = randomRows(random, own.length, 4);
    const memory: PlainMemory = {
      embeddings: randomRows(random, 9, 4),
      groups: [0, 0, 1, 2, 3, 2, 1, 0, 0],
      valid: [1, 1, 1, 1, 1, 1, 0, 0, 1],
    };
    const among = plainMatrix("cosine", memory.embeddings, memory.embeddings);
    for (const options of VARIANTS) {
      it(`equals plain loops, value and gradient: ${JSON.stringify(options)}`, () => {
        const plain = (at: Matrix): ReturnType<typeof reduced> => {
          const d = plainMatrix("cosine", at, memory.embeddings);
          const triplets = tripletsOf(d, masksOfMemory(own, memory), options.mining);
          return reduced(costs(triplets, d, among, options), options);
        };
        const found = judge(new TripletLoss(options), { embeddings: rows, targets: { groups: own }, memory });
        expectClose(found.value, plain(rows).value, { relative: 2e-5 });
        expect(found.weight).to.equal(plain(rows).count);
        const slope = centralDifferences((at) => plain(at).value, rows, 1e-6);
        expectClose(found.gradient, slope, { relative: 1e-3, absolute: 1e-4, what: "gradient" });
      });
    }
  });

  describe("after a miner", () => {
    const rows = randomRows(new Random("mined"), groups.length, 4);
    const d = plainMatrix("cosine", rows, rows);
    const batch = { embeddings: rows, targets: { groups } };
    const all = tripletsOf(d, masksOf(groups), "all");
    const options = { swap: true, smooth: true, margin: 0.3 } as const;
    const gap = ([a, p, n]: Triplet): number => d[a]![n]! - d[a]![p]!;

    it("of triplets looks at those it chose", () => {
      for (const [triplets, takes] of [
        ["all", (t: Triplet) => gap(t) <= 0.2],
        ["semi-hard", (t: Triplet) => gap(t) > 0 && gap(t) <= 0.2],
        ["easy", (t: Triplet) => gap(t) > 0.2],
      ] as const) {
        const loss = new TripletLoss({ ...options, miner: new TripletMarginMiner({ triplets }) });
        const plain = reduced(costs(all.filter(takes), d, d, options), options);
        expectClose(judge(loss, batch).value, plain.value, { relative: 2e-5, what: triplets });
        expect(judge(loss, batch).weight).to.equal(plain.count);
      }
    });

    it("of pairs looks at all triplets that they make", () => {
      for (const miner of [new MultiSimilarityMiner(), new NHardMiner({ positives: 2, negatives: [2, 4] })]) {
        const { positives, negatives } = mine(miner, new TripletLoss().distance, { rows, groups });
        const chosen = all.filter(([a, p, n]) => positives[a]![p]! > 0 && negatives[a]![n]! > 0);
        const plain = reduced(costs(chosen, d, d, options), options);
        expectClose(judge(new TripletLoss({ ...options, miner }), batch).value, plain.value, { relative: 2e-5 });
      }
      const hard = new TripletLoss({ ...options, miner: new BatchHardMiner() });
      const plain = reduced(costs(tripletsOf(d, masksOf(groups), "hard"), d, d, options), {
        ...options,
        mining: "hard",
      });
      expectClose(judge(hard, batch).value, plain.value, { relative: 2e-5 });
    });

    it("of one negative for each positive, and of listed triplets, looks at just these", () => {
      const { positives, negative } = mine(
        new DistanceWeightedMiner({ farthest: 2 }),
        new TripletLoss().distance,
        { rows, groups },
        "halves",
      );
      const drawn = all.filter(([a, p, n]) => positives[a]![p] === 1 && negative![a]![p] === n);
      expect(drawn.length).to.be.greaterThan(8);
      for (const swap of [true, false]) {
        const loss = new TripletLoss({ ...options, swap, miner: new RandomTripletMiner({ perAnchor: 4000 }) });
        // So many draws are close to all triplets, each anchor counting the same.
        const perAnchor = groups.map((_, a) =>
          costs(
            all.filter(([anchor]) => anchor === a),
            d,
            d,
            { ...options, swap },
          ),
        );
        const means = perAnchor.map((of) => of.reduce((sum, cost) => sum + cost, 0) / of.length);
        const mean = means.reduce((sum, cost) => sum + cost, 0) / means.length;
        const found = judge(loss, batch);
        expectClose(found.value, mean, { relative: 5e-3 });
        const same = judge(new TripletLoss({ ...options, swap, tripletsPerAnchor: 4000 }), batch);
        expect(same).to.deep.equal(found);
      }
    });
  });

  it("goes with every reducer, value and gradient", () => {
    const rows = randomRows(new Random("reduced"), groups.length, 4);
    const options = { mining: "all", swap: true, smooth: true } as const;
    const byAnchor = (at: Matrix): number[][] => {
      const d = plainMatrix("cosine", at, at);
      const triplets = tripletsOf(d, masksOf(groups), "all");
      return groups.map((_, a) =>
        costs(
          triplets.filter(([anchor]) => anchor === a),
          d,
          d,
          options,
        ),
      );
    };
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, v) => sum + v, 0) / Math.max(1, values.length);
    const within = (cost: number): boolean => cost > 0.7 && cost < 1.1;
    for (const [reducer, value] of [
      [new MeanReducer(), (at: Matrix) => mean(byAnchor(at).flat())],
      [new PerAnchorReducer(), (at: Matrix) => mean(byAnchor(at).map(mean))],
      [new ThresholdReducer({ low: 0.7, high: 1.1 }), (at: Matrix) => mean(byAnchor(at).flat().filter(within))],
    ] as const) {
      const found = judge(new TripletLoss({ ...options, reducer }), { embeddings: rows, targets: { groups } });
      expectClose(found.value, value(rows), { relative: 2e-5, what: reducer.type });
      const slope = centralDifferences(value, rows, 1e-6);
      expectClose(found.gradient, slope, { relative: 1e-3, absolute: 1e-4, what: `gradient, ${reducer.type}` });
    }
  });

  it("looks at the farthest positives only where it is told so", () => {
    const rows = randomRows(new Random("farthest"), groups.length, 4);
    const d = plainMatrix("cosine", rows, rows);
    const options = { mining: "all", swap: true } as const;
    const hardest = new Map(tripletsOf(d, masksOf(groups), "hard").map(([a, p]) => [a, p]));
    const chosen = tripletsOf(d, masksOf(groups), "all").filter(([a, p]) => hardest.get(a) === p);
    const value = (positives: number | null): number =>
      judge(new TripletLoss({ ...options, positives }), { embeddings: rows, targets: { groups } }).value;
    expectClose(value(1), reduced(costs(chosen, d, d, options), options).value);
    expect(value(3)).to.equal(value(null));
    expect(value(1)).to.not.equal(value(null));
  });

  it("finds the same in several blocks as in one", () => {
    const count = 260;
    const rows = randomRows(new Random("many"), count, 3);
    const of = rows.map((_, at) => at % 52);
    const found = (positives: number): ReturnType<typeof judge> =>
      judge(new TripletLoss({ mining: "all", swap: true, smooth: true, positives }), {
        embeddings: rows,
        targets: { groups: of },
      });
    const [several, one] = [found(128), found(4)]; // of 9 million triplets, of which a block has 8
    expectClose(several.value, one.value, { relative: 1e-5 });
    expectClose(several.gradient, one.gradient, { relative: 1e-3, absolute: 1e-7 });
  });

  it("has loss 0 with gradient 0 where there is no triplet, and shows NaN", () => {
    const rows = randomRows(new Random("none"), 4, 3);
    for (const options of [...VARIANTS, { tripletsPerAnchor: 2, swap: true }]) {
      for (const of of [
        [0, 0, 0, 0],
        [0, 1, 2, 3],
      ]) {
        const found = judge(new TripletLoss(options), { embeddings: rows, targets: { groups: of } });
        expect([found.value, found.weight]).to.deep.equal([0, 0]);
        expect(found.gradient.every((g) => g === 0)).to.equal(true);
      }
      const broken = rows.map((row, at) => (at === 3 ? [NaN, 1, 1] : row));
      const found = judge(new TripletLoss(options), { embeddings: broken, targets: { groups: [0, 0, 1, 1] } });
      expect(found.value, JSON.stringify(options)).to.be.NaN;
    }
  });
});
