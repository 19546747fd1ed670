import { expect } from "chai";
import fc from "fast-check";
import { TripletLoss, type TripletOptions } from "likewise/losses";
import { BatchHardMiner } from "likewise/miners";
import { ConfigError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import type { DistanceName } from "../../lib/distances/index.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { judge, randomRows, type PlainMemory } from "../support/loss.js";
import { HalvedCosine, plainMatrix } from "../support/plain-distance.js";
import { masksOf, masksOfMemory, tiedBatches, type PlainMasks } from "../support/plain-masks.js";
import { SIX_ROW_GROUPS, SIX_ROWS } from "../support/six-rows.js";

interface Plain {
  readonly total: number;
  readonly count: number;
}

/** Triplet loss in plain loops over a matrix of distances and who is positive and negative. */
function plainTriplets(
  distances: Matrix,
  { positive, negative }: PlainMasks,
  { margin = 0.5, mining = "hard", soft = false, normalizeByHardestNegative = false }: TripletOptions = {},
): Plain {
  const losses: number[] = [];
  const penalty = (gap: number): number => (soft ? Math.log1p(Math.exp(gap)) : Math.max(0, gap + margin));
  const gaps: { gap: number; nearest: number }[] = [];
  distances.forEach((row, a) => {
    const positives = row.filter((_, p) => positive(a, p));
    const negatives = row.filter((_, n) => negative(a, n));
    if (positives.length === 0 || negatives.length === 0) return;
    if (mining === "hard") {
      const nearest = Math.min(...negatives);
      gaps.push({ gap: Math.max(...positives) - nearest, nearest });
    } else if (mining === "all") {
      for (const p of positives) for (const n of negatives) if (p - n + margin > 1e-9) losses.push(p - n + margin);
    } else {
      for (const p of positives) {
        const farther = negatives.filter((n) => n > p);
        losses.push(penalty(p - (farther.length > 0 ? Math.min(...farther) : Math.max(...negatives))));
      }
    }
  });
  const mean = gaps.reduce((sum, { nearest }) => sum + nearest, 0) / gaps.length;
  for (const { gap } of gaps) losses.push(penalty(normalizeByHardestNegative ? gap / mean : gap));
  return { total: losses.reduce((sum, loss) => sum + loss, 0), count: losses.length };
}

function plainWithin(name: DistanceName, rows: Matrix, groups: readonly number[], options: TripletOptions): Plain {
  return plainTriplets(plainMatrix(name, rows, rows), masksOf(groups), options);
}

const meanOf = ({ total, count }: Plain): number => (count === 0 ? 0 : total / count);

const VARIANTS: readonly TripletOptions[] = [
  { mining: "hard" },
  { mining: "hard", soft: true },
  { mining: "hard", normalizeByHardestNegative: true, margin: 0.2 },
  { mining: "semi-hard" },
  { mining: "semi-hard", soft: true },
  { mining: "all" },
  { mining: "all", margin: 0 },
];

describe("TripletLoss", () => {
  it("gives the known numbers of the six-row fixture", () => {
    const distance = new HalvedCosine();
    const value = (options: TripletOptions): number =>
      judge(new TripletLoss({ ...options, distance }), { embeddings: SIX_ROWS, targets: { groups: SIX_ROW_GROUPS } })
        .value;
    expectClose(value({ mining: "all" }), 0.5668364);
    expectClose(value({ mining: "hard" }), 0.8274941);
    expectClose(value({ mining: "hard", normalizeByHardestNegative: true }), 2.6635959);
    expectClose(value({ mining: "hard", soft: true }), 0.8803202);
  });

  for (const options of VARIANTS) {
    for (const distance of ["cosine", "euclidean", "squared-euclidean", "manhattan", "dot-product"] as const) {
      if (distance === "dot-product" && options.normalizeByHardestNegative === true) continue;
      it(`equals plain loops, value and gradient: ${JSON.stringify(options)}, ${distance}`, () => {
        const random = new Random(`${JSON.stringify(options)}${distance}`);
        const groups = [0, 0, 0, 1, 1, 2, 3, 3, 3, 3, 2];
        const rows = randomRows(random, groups.length, 5);
        const found = judge(new TripletLoss({ ...options, distance }), { embeddings: rows, targets: { groups } });
        const plain = plainWithin(distance, rows, groups, options);
        expectClose(found.value, meanOf(plain), { relative: 2e-5 });
        expect(found.weight).to.equal(plain.count);
        const slope = centralDifferences((at) => meanOf(plainWithin(distance, at, groups, options)), rows, 1e-6);
        expectClose(found.gradient, slope, { relative: 1e-3, absolute: 1e-4, what: "gradient" });
      });
    }
  }

  it("equals plain loops on integers full of ties", () => {
    const minings = fc.constantFrom("hard" as const, "semi-hard" as const, "all" as const);
    fc.assert(
      fc.property(tiedBatches, fc.integer({ min: 0, max: 3 }), minings, ({ groups, rows }, margin, mining) => {
        const options = { margin, mining };
        const found = judge(new TripletLoss({ ...options, distance: "manhattan" }), {
          embeddings: rows,
          targets: { groups },
        });
        const plain = plainWithin("manhattan", rows, groups, options);
        expectClose(found.value, meanOf(plain));
        expect(found.weight).to.equal(plain.count);
        expect(found.gradient.every(Number.isFinite)).to.equal(true);
      }),
      { numRuns: 150, seed: 7 },
    );
  });

  it("equals plain loops over rows of one long sort", () => {
    const random = new Random("long");
    const rows = randomRows(random, 150, 8);
    const groups = rows.map(() => random.integer(12));
    for (const options of VARIANTS) {
      const found = judge(new TripletLoss(options), { embeddings: rows, targets: { groups } });
      const plain = plainWithin("cosine", rows, groups, options);
      expectClose(found.value, meanOf(plain), { relative: 2e-5 });
      expectClose(found.weight, plain.count, { relative: 1e-5 });
    }
  });

  describe("against a memory", () => {
    const random = new Random("memory");
    const groups = [0, 1, 2, 2, 5];
    const rows = randomRows(random, groups.length, 4);
    const memory: PlainMemory = {
      embeddings: randomRows(random, 8, 4),
      groups: [0, 0, 1, 2, 3, 2, 1, 0],
      valid: [1, 1, 1, 1, 1, 1, 0, 0],
    };
    const plainAgainst = (at: Matrix, options: TripletOptions): Plain =>
      plainTriplets(plainMatrix("cosine", at, memory.embeddings), masksOfMemory(groups, memory), options);

    for (const options of VARIANTS) {
      it(`equals plain loops, value and gradient: ${JSON.stringify(options)}`, () => {
        const found = judge(new TripletLoss(options), { embeddings: rows, targets: { groups }, memory });
        expectClose(found.value, meanOf(plainAgainst(rows, options)), { relative: 2e-5 });
        expect(found.weight).to.equal(plainAgainst(rows, options).count);
        const slope = centralDifferences((at) => meanOf(plainAgainst(at, options)), rows, 1e-6);
        expectClose(found.gradient, slope, { relative: 1e-3, absolute: 1e-4, what: "gradient" });
      });
    }
  });

  describe("does not have the defects of the formula it replaces", () => {
    it("semi-hard compares distances of one anchor, never a positive of one with a negative of another", () => {
      // Group 0 is tight and group 1 is wide; every anchor alone has its triplets in order.
      const embeddings = [
        [0, 0],
        [0.1, 0],
        [100, 0],
        [103, 0],
      ];
      const groups = [0, 0, 1, 1];
      const found = judge(new TripletLoss({ mining: "semi-hard", margin: 0.5, distance: "euclidean" }), {
        embeddings,
        targets: { groups },
      });
      expect(found.value).to.equal(0);
      expect(found.weight).to.equal(4);
      // Across anchors, with the diagonal as a positive, as the other formula has it, there is always a loss.
      const close = [
        [0, 0],
        [0.1, 0],
        [1, 0],
        [4, 0],
      ];
      const d = plainMatrix("euclidean", close, close);
      const across = d.flatMap((row, a) =>
        row.flatMap((p, at) =>
          groups[a] !== groups[at]
            ? []
            : d.flatMap((other, b) => other.filter((_, n) => groups[b] !== groups[n]).map((n) => p - n + 0.5)),
        ),
      );
      const peer = across.map((x) => Math.min(Math.max(x, 0), 0.5)).reduce((sum, x) => sum + x, 0) / across.length;
      const right = plainWithin("euclidean", close, groups, { mining: "semi-hard" });
      const ours = judge(new TripletLoss({ mining: "semi-hard", distance: "euclidean" }), {
        embeddings: close,
        targets: { groups },
      });
      expectClose(ours.value, meanOf(right));
      expect(Math.abs(peer - meanOf(right))).to.be.greaterThan(0.05);
    });

    it("is finite on collapsed data, where dividing by the mean hardest negative is 0/0", () => {
      const embeddings = Array.from({ length: 6 }, () => [0.3, -0.2, 0.9]);
      for (const distance of ["cosine", "euclidean", "manhattan"] as const) {
        const loss = new TripletLoss({ mining: "hard", normalizeByHardestNegative: true, distance });
        const found = judge(loss, { embeddings, targets: { groups: [0, 0, 1, 1, 2, 2] } });
        expect(found.value, distance).to.be.within(0.3, 0.7);
        expect(found.gradient.every(Number.isFinite), distance).to.equal(true);
      }
    });

    it("has no loss for a batch without triplets, where a margin is left otherwise", () => {
      const rows = randomRows(new Random("none"), 4, 3);
      for (const groups of [
        [0, 0, 0, 0],
        [0, 1, 2, 3],
      ]) {
        for (const options of VARIANTS) {
          const found = judge(new TripletLoss(options), { embeddings: rows, targets: { groups } });
          expect(found.value, JSON.stringify(options)).to.equal(0);
          expect(found.weight).to.equal(0);
          expectClose(
            found.gradient,
            rows.flat().map(() => 0),
            { absolute: 0 },
          );
        }
      }
    });

    it("cosine has one scale: the margin means the same as in pairs", () => {
      const embeddings = [
        [1, 0],
        [1, 0],
        [0, 1],
      ]; // cosine distances 0 and 1
      const { value } = judge(new TripletLoss({ margin: 1.25 }), { embeddings, targets: { groups: [0, 0, 1] } });
      expectClose(value, 0.25); // (1 - cos) / 2 would leave 0.75
    });
  });

  it("refuses impossible options, naming all of them", () => {
    expect(() => new TripletLoss({ margin: -1, mining: "semi_hard" as "hard" }))
      .to.throw(ConfigError, /margin: .*at least 0, got -1/)
      .with.property("problems")
      .that.has.length(2);
    expect(() => new TripletLoss({ smooth: true, soft: true })).to.throw(ConfigError, /smooth: soft is smooth/);
    expect(() => new TripletLoss({ mining: "semi-hard", normalizeByHardestNegative: true })).to.throw(
      ConfigError,
      /normalizeByHardestNegative/,
    );
    expect(() => new TripletLoss({ margin: NaN })).to.throw(ConfigError, /got NaN/);
  });

  it("refuses combinations that say nothing", () => {
    const refused =
      (options: TripletOptions): (() => TripletLoss) =>
      () =>
        new TripletLoss(options);
    expect(refused({ tripletsPerAnchor: 0 })).to.throw(ConfigError, "tripletsPerAnchor: expected a whole number");
    expect(refused({ tripletsPerAnchor: 2, mining: "hard" })).to.throw(ConfigError, 'mining "hard" chooses');
    expect(refused({ tripletsPerAnchor: 2, miner: new BatchHardMiner() })).to.throw(ConfigError, "the miner chooses");
    expect(refused({ positives: 2 })).to.throw(ConfigError, "positives: counts with");
    expect(refused({ swap: 1 as never, smooth: "yes" as never })).to.throw(ConfigError, /smooth[^]*swap/u);
  });
});
