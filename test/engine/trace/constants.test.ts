import { expect } from "chai";
import fc from "fast-check";
import { isPattern, isSplat } from "../../../lib/engine/trace/constants.js";
import { Random } from "../../../lib/random.js";

const matrix = (rows: number, columns: number, at: (row: number, column: number) => number): Float32Array =>
  Float32Array.from({ length: rows * columns }, (_, i) => at(Math.floor(i / columns), i % columns));

describe("Numbers that are all the same", () => {
  it("may be NaN or infinite, but not 0 and -0", () => {
    expect([[3, 3, 3], [NaN, NaN], [-Infinity, -Infinity], [1], []].map(isSplat)).to.deep.equal(Array(5).fill(true));
    expect(
      [
        [3, 3, 4],
        [0, -0],
        [NaN, 1],
      ].map(isSplat),
    ).to.deep.equal(Array(3).fill(false));
  });
});

describe("Numbers that follow a pattern", () => {
  it("are ranges and linear spaces, as single precision rounds them", () => {
    const numbers = fc.double({ min: -1000, max: 1000, noNaN: true });
    fc.assert(
      fc.property(numbers, numbers, fc.integer({ min: 2, max: 3000 }), (start, step, length) => {
        expect(
          isPattern(
            Float32Array.from({ length }, (_, i) => start + step * i),
            [length],
          ),
        ).to.equal(true);
      }),
      { numRuns: 50, seed: 1 },
    );
    expect(
      isPattern(
        Int32Array.from({ length: 2000 }, (_, i) => 5 - i),
        [40, 50],
      ),
    ).to.equal(true);
  });

  it("are matrices whose diagonals are constant", () => {
    const patterns = [
      matrix(40, 40, (i, j) => (i === j ? 1 : 0)),
      matrix(40, 40, (i, j) => (j > i ? -Infinity : 0)),
      matrix(40, 40, (i, j) => (Math.abs(i - j) < 3 ? 0.25 : NaN)),
      matrix(40, 40, (i, j) => Math.sqrt(Math.abs(i - j))),
    ];
    for (const pattern of patterns) expect(isPattern(pattern, [40, 40])).to.equal(true);
    expect(
      isPattern(
        matrix(30, 50, (i, j) => (j === i + 7 ? 1 : 0)),
        [30, 50],
      ),
    ).to.equal(true);
    expect(
      isPattern(
        matrix(60, 20, (i, j) => (i % 30 > j ? 1 : 0)),
        [2, 30, 20],
      ),
    ).to.equal(true);
  });

  it("are not random numbers, random masks, nor patterns with one number changed", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const drawn = new Random(seed).uniforms(1600);
        const mask = drawn.map((value) => (value > 0.5 ? 2 : 0));
        for (const data of [drawn, mask]) {
          expect(isPattern(data, [1600])).to.equal(false);
          expect(isPattern(data, [40, 40])).to.equal(false);
          expect(isPattern(data, [800, 2])).to.equal(false);
        }
      }),
      { numRuns: 30, seed: 1 },
    );
    const eye = matrix(40, 40, (i, j) => (i === j ? 1 : 0));
    eye[777] = 1;
    expect(isPattern(eye, [40, 40])).to.equal(false);
    expect(
      isPattern(
        matrix(40, 40, (i, j) => (i === j ? i : 0)),
        [40, 40],
      ),
    ).to.equal(false);
  });
});
