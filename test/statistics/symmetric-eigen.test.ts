import { expect } from "chai";
import { Random } from "../../lib/random.js";
import { symmetricEigen } from "../../lib/statistics/symmetric-eigen.js";
import { expectClose } from "../support/close.js";

type Rows = readonly (readonly number[])[];

function randomSymmetric(size: number, rank: number): number[][] {
  const random = new Random(`symmetric ${size} ${rank}`);
  const factors = Array.from({ length: rank }, () => Array.from(random.normals(size)));
  return Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_value, j) =>
      factors.reduce((sum, row, k) => sum + (k % 3 === 1 ? -1 : 1) * row[i]! * row[j]!, 0),
    ),
  );
}

/** Jacobi's method, which shares nothing with the one that is tested. */
function jacobiValues(matrix: Rows): number[] {
  const a = matrix.map((row) => [...row]);
  const size = a.length;
  for (let sweep = 0; sweep < 30; sweep += 1) {
    for (let p = 0; p < size; p += 1) {
      for (let q = p + 1; q < size; q += 1) {
        if (a[p]![q] === 0) continue;
        const angle = 0.5 * Math.atan2(2 * a[p]![q]!, a[q]![q]! - a[p]![p]!);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (let k = 0; k < size; k += 1) {
          const [x, y] = [a[k]![p]!, a[k]![q]!];
          [a[k]![p], a[k]![q]] = [c * x - s * y, s * x + c * y];
        }
        for (let k = 0; k < size; k += 1) {
          const [x, y] = [a[p]![k]!, a[q]![k]!];
          [a[p]![k], a[q]![k]] = [c * x - s * y, s * x + c * y];
        }
      }
    }
  }
  return a.map((row, i) => row[i]!).sort((x, y) => y - x);
}

const matrices: Readonly<Record<string, Rows>> = {
  "of one number": [[-3]],
  "of two": [
    [2, 1],
    [1, 2],
  ],
  "of zeros": randomSymmetric(4, 0),
  "with the same value often": [1, 1, 1, 5].map((value, i) => [0, 0, 0, 0].map((zero, j) => (i === j ? value : zero))),
  "at random": randomSymmetric(12, 12),
  "of low rank": randomSymmetric(20, 3),
  larger: randomSymmetric(60, 60),
};

describe("Eigenvalues of a symmetric matrix", () => {
  for (const [name, matrix] of Object.entries(matrices)) {
    it(`are those of Jacobi's method, with vectors at right angles that solve the equation, ${name}`, () => {
      const size = matrix.length;
      const { values, vectors } = symmetricEigen(matrix.flat(), size);
      const scale = Math.max(1, ...matrix.flat().map(Math.abs)) * size;
      expectClose(values, jacobiValues(matrix), { relative: 0, absolute: 1e-12 * scale });
      const rows = Array.from({ length: size }, (_, i) => [...vectors.subarray(i * size, (i + 1) * size)]);
      rows.forEach((row, i) => {
        const image = matrix.map((line) => dot(line, row));
        expectClose(
          image,
          row.map((value) => value * values[i]!),
          { relative: 0, absolute: 1e-12 * scale },
        );
        rows.forEach((other, j) => expect(dot(row, other)).to.be.closeTo(i === j ? 1 : 0, 1e-12));
        expect(row.reduce((largest, value) => (Math.abs(value) > Math.abs(largest) ? value : largest), 0)).to.be.above(
          0,
        );
      });
    });
  }

  it("reads the lower triangle alone", () => {
    const { values } = symmetricEigen([2, 99, 1, 2], 2);
    expectClose(values, [3, 1], { absolute: 1e-12 });
  });

  it("is an error for a matrix with NaN", () => {
    expect(() => symmetricEigen([1, NaN, NaN, 1], 2)).to.throw(RangeError);
  });
});

function dot(x: readonly number[], y: readonly number[]): number {
  return x.reduce((sum, value, i) => sum + value * y[i]!, 0);
}
