import { expect } from "chai";
import fc from "fast-check";
import * as tf from "likewise/tf";
import { Random } from "../../lib/random.js";
import { positiveByPositive, tripletsBelow } from "../../lib/tensor/triplets-below.js";

type Numbers = readonly (readonly number[])[];

/** Distances in eighths, so that many are equal and all sums exact. */
function someNumbers(random: Random, n: number, m: number): { bounds: Numbers; near: Numbers; among: Numbers } {
  const eighths = (): number => random.integer(17) / 8;
  const kinds = Array.from({ length: n }, () => Array.from({ length: m }, () => random.integer(3)));
  return {
    bounds: kinds.map((row) => row.map((kind) => (kind === 0 ? eighths() * 2 : 0))),
    near: kinds.map((row) => row.map((kind) => (kind === 1 ? eighths() : 1e30))),
    among: Array.from({ length: m }, () => Array.from({ length: m }, eighths)),
  };
}

function byLoops({ bounds, near, among }: ReturnType<typeof someNumbers>): { positives: Numbers; negatives: Numbers } {
  const positives = bounds.map((row) => row.map(() => 0));
  const negatives = bounds.map((row) => row.map(() => 0));
  bounds.forEach((row, a) =>
    row.forEach((bound, p) =>
      near[a]!.forEach((distance, c) => {
        if (!(distance + among[p]![c]! < bound)) return;
        positives[a]![p]! += 1;
        negatives[a]![c]! += 1;
      }),
    ),
  );
  return { positives, negatives };
}

const ways = { tripletsBelow, positiveByPositive };

describe("tripletsBelow", () => {
  for (const [name, count] of Object.entries(ways)) {
    it(`equals plain loops: ${name}`, () => {
      fc.assert(
        fc.property(fc.integer(), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }), (seed, n, m) => {
          const numbers = someNumbers(new Random(seed), n, m);
          tf.tidy(() => {
            const matrix = (rows: Numbers): tf.Tensor2D => tf.tensor2d(rows.map((row) => [...row]));
            const { positives, negatives } = count({
              bounds: matrix(numbers.bounds),
              near: matrix(numbers.near),
              among: matrix(numbers.among),
            });
            const wanted = byLoops(numbers);
            expect(positives.arraySync()).to.deep.equal(wanted.positives);
            expect(negatives.arraySync()).to.deep.equal(wanted.negatives);
          });
        }),
        { numRuns: 40 },
      );
    });
  }

  it("counts nothing where a number is NaN", () => {
    tf.tidy(() => {
      const near = tf.tensor2d([[1e30, NaN, 0.1]]);
      const bounds = tf.tensor2d([[2, 0, 0]]);
      const among = tf.zeros<tf.Rank.R2>([3, 3]);
      expect(tripletsBelow({ bounds, near, among }).negatives.arraySync()).to.deep.equal([[0, 0, 1]]);
      const unknown = tripletsBelow({ bounds: tf.tensor2d([[NaN, 0, 0]]), near, among });
      expect(unknown.positives.arraySync()).to.deep.equal([[0, 0, 0]]);
    });
  });
});
