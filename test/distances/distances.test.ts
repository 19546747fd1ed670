import { expect } from "chai";
import * as tf from "likewise/tf";
import { UnknownNameError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import {
  Cosine,
  distanceNamed,
  Euclidean,
  Manhattan,
  savedDistance,
  type SavedDistance,
} from "../../lib/distances/index.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, gradients, type Matrix } from "../support/gradient.js";
import { dot, length, minus } from "../support/plain-distance.js";
import { oracles } from "./oracles.js";

function randomRows(random: Random, rows: number, size: number, scale = 1): number[][] {
  return Array.from({ length: rows }, () => Array.from(random.normals(size, 0, scale)));
}

for (const { distance, between, similarity } of oracles) {
  describe(`distance ${distance.name}`, () => {
    const random = new Random(distance.name);
    const left = randomRows(random, 5, 6);
    const right = randomRows(random, 7, 6);
    const weights = randomRows(random, 5, 7);
    const matrixOf = (x: Matrix, y: Matrix): number[] => x.flatMap((a) => y.map((b) => between(a, b)));

    it("equals the plain formula for every pair of rows", () => {
      tf.tidy(() => {
        const found = distance.matrix(tf.tensor2d(left), tf.tensor2d(right));
        expect(found.shape).to.deep.equal([5, 7]);
        expectClose(found.dataSync(), matrixOf(left, right), { relative: 1e-5, absolute: 2e-6 });
      });
    });

    it("has one scale for pairs and matrices", () => {
      tf.tidy(() => {
        const x = tf.tensor2d(left);
        const y = tf.tensor2d(right.slice(0, 5));
        const diagonal = tf.sum(tf.mul(distance.matrix(x, y), tf.eye(5)), 1);
        expectClose(distance.pairs(x, y).dataSync(), diagonal.dataSync(), { relative: 1e-5, absolute: 2e-6 });
      });
    });

    it("turns into a similarity that falls as the distance grows", () => {
      tf.tidy(() => {
        const values = distance.pairs(tf.tensor2d(left), tf.tensor2d(right.slice(0, 5)));
        const expected = left.map((x, i) => similarity(between(x, right[i] as number[])));
        expectClose(distance.similarity(values).dataSync(), expected);
        const ordered = distance.similarity(tf.tensor1d([0.1, 0.2, 0.9, 1.5])).dataSync();
        expect([...ordered]).to.deep.equal([...ordered].sort((a, b) => b - a));
      });
    });

    it("has the gradient of the plain formula in both arguments, for pairs and matrices", () => {
      const weighted = (x: Matrix, y: Matrix): number =>
        matrixOf(x, y).reduce((sum, value, at) => sum + value * (weights.flat()[at] as number), 0);
      const found = gradients(
        (x, y) => tf.sum(tf.mul(distance.matrix(x as tf.Tensor2D, y as tf.Tensor2D), tf.tensor2d(weights))),
        left,
        right,
      );
      expectClose(
        found.gradients[0],
        centralDifferences((x) => weighted(x, right), left),
        { relative: 1e-4, absolute: 1e-5 },
      );
      expectClose(
        found.gradients[1],
        centralDifferences((y) => weighted(left, y), right),
        { relative: 1e-4, absolute: 1e-5 },
      );

      const partners = right.slice(0, 5);
      const total = (x: Matrix, y: Matrix): number =>
        x.reduce((sum, row, i) => sum + (i + 1) * between(row, y[i] as readonly number[]), 0);
      const pairs = gradients(
        (x, y) => tf.sum(tf.mul(distance.pairs(x as tf.Tensor2D, y as tf.Tensor2D), [1, 2, 3, 4, 5])),
        left,
        partners,
      );
      expectClose(
        pairs.gradients[0],
        centralDifferences((x) => total(x, partners), left),
        { relative: 1e-4, absolute: 1e-5 },
      );
      expectClose(
        pairs.gradients[1],
        centralDifferences((y) => total(left, y), partners),
        { relative: 1e-4, absolute: 1e-5 },
      );
    });

    it("sums the gradients of both arguments when a matrix is compared with itself", () => {
      const square = randomRows(random, 5, 5);
      const off = square.map((row, i) => row.map((value, j) => (i === j ? 0 : value)));
      const weighted = (x: Matrix): number =>
        x.reduce(
          (sum, a, i) =>
            sum + x.reduce((inner, b, j) => inner + (i === j ? 0 : (off[i]?.[j] as number) * between(a, b)), 0),
          0,
        );
      const found = gradients(
        (x) => tf.sum(tf.mul(distance.matrix(x as tf.Tensor2D, x as tf.Tensor2D), tf.tensor2d(off))),
        left,
      );
      expectClose(found.gradients[0], centralDifferences(weighted, left), { relative: 1e-4, absolute: 1e-5 });
    });

    it("is finite with a finite gradient for equal rows, zero rows and one row", () => {
      const cases: readonly Matrix[] = [
        [
          [1, 2, 3],
          [1, 2, 3],
          [1, 2, 3],
        ],
        [
          [0, 0, 0],
          [0, 0, 0],
          [1, 0, 0],
        ],
        [[0.3, -2, 1]],
        [
          [1e-20, 0, 0],
          [1e-12, 0, 0],
        ],
        [
          [1e6, 1e6, -1e6],
          [1e6, 1e6, -1e6],
        ],
      ];
      for (const rows of cases) {
        for (const form of ["matrix", "pairs"] as const) {
          const { value, gradients: found } = gradients(
            (x, y) => tf.sum(distance[form](x as tf.Tensor2D, y as tf.Tensor2D)),
            rows,
            rows,
          );
          expect(value, `${form} of ${JSON.stringify(rows)}`).to.satisfy(Number.isFinite);
          expect(
            found.flat().every((g) => Math.abs(g) <= 1e7),
            `gradient of ${form} of ${JSON.stringify(rows)}: ${found.flat().join(" ")}`,
          ).to.equal(true);
        }
      }
    });

    it("does not hide NaN", () => {
      tf.tidy(() => {
        const broken = tf.tensor2d([
          [NaN, 1],
          [2, 3],
        ]);
        const whole = tf.tensor2d([
          [1, 1],
          [2, 3],
        ]);
        expect(distance.matrix(broken, whole).dataSync()[0]).to.be.NaN;
        expect(distance.matrix(whole, broken).dataSync()[0]).to.be.NaN;
        expect(distance.pairs(broken, whole).dataSync()[0]).to.be.NaN;
      });
    });

    it("orders neighbours like its inner-product form and gives the distance back", () => {
      const form = distance.asInnerProduct();
      if (form === null) {
        expect(distance.name).to.be.oneOf(["manhattan", "lp", "signal-to-noise"]);
        return;
      }
      const prepare = (rows: Matrix): number[][] =>
        rows.map((row) => (form.normalize ? row.map((v) => (length(row) === 0 ? 0 : v / length(row))) : [...row]));
      const queries = prepare(left);
      const documents = prepare([...right, [0, 0, 0, 0, 0, 0]]);
      queries.forEach((query, i) => {
        const scored = documents.map((row, j) => {
          const score = dot(query, row) + (form.subtractHalfSquaredNorm ? -0.5 * dot(row, row) : 0);
          return { j, score, distance: form.distance(score, dot(query, query), dot(row, row)) };
        });
        for (const { j, distance: got } of scored.filter(({ j: at }) => at < right.length)) {
          expectClose(got, between(left[i] as number[], right[j] as number[]), { relative: 1e-9, absolute: 1e-12 });
        }
        const byScore = [...scored].sort((a, b) => b.score - a.score).map(({ j }) => j);
        const byDistance = [...scored].sort((a, b) => a.distance - b.distance).map(({ j }) => j);
        expect(byScore).to.deep.equal(byDistance);
      });
    });

    it("is found by what is saved of it and passed through as an object", () => {
      const saved = JSON.parse(JSON.stringify(savedDistance(distance))) as SavedDistance;
      expect(distanceNamed(saved).constructor).to.equal(distance.constructor);
      expect(distanceNamed(saved).config).to.deep.equal(distance.config);
      expect(distanceNamed(distance)).to.equal(distance);
    });
  });
}

describe("distances", () => {
  it("name the known ones when asked for another", () => {
    expect(() => distanceNamed("hamming" as "cosine")).to.throw(
      UnknownNameError,
      /"hamming" is not known; known: cosine, dot-product, euclidean/,
    );
    for (const wrong of ["toString", null, undefined, 3, () => 1]) {
      expect(() => distanceNamed(wrong as "cosine"), String(wrong)).to.throw(UnknownNameError);
    }
  });

  it("measure small euclidean distances far from the origin", () => {
    tf.tidy(() => {
      const rows = tf.tensor2d([
        [1000, 1000],
        [1000.25, 1000],
        [1000, 1000.5],
      ]);
      expectClose(new Euclidean().matrix(rows, rows).dataSync(), [
        0,
        0.25,
        0.5,
        0.25,
        0,
        Math.hypot(0.25, 0.5),
        0.5,
        Math.hypot(0.25, 0.5),
        0,
      ]);
    });
  });

  it("compute manhattan matrices in blocks with the same result and gradient", () => {
    const random = new Random("blocks");
    const coarse = (rows: number[][]): number[][] => rows.map((row) => row.map((v) => Math.round(v * 64) / 64)); // with ties
    const rows = coarse(randomRows(random, 40, 300));
    const others = coarse(randomRows(random, 1100, 300)); // more numbers than fit one block
    const found = gradients(
      (x, y) => tf.sum(tf.square(new Manhattan().matrix(x as tf.Tensor2D, y as tf.Tensor2D))),
      rows,
      others,
    );
    let value = 0;
    const byLeft = rows.map((row) => row.map(() => 0));
    rows.forEach((x, i) =>
      others.forEach((y) => {
        const d = minus(x, y).reduce((sum, v) => sum + Math.abs(v), 0);
        value += d * d;
        x.forEach(
          (v, k) =>
            ((byLeft[i] as number[])[k] =
              ((byLeft[i] as number[])[k] as number) + 2 * d * Math.sign(v - (y[k] as number))),
        );
      }),
    );
    expectClose(found.value, value, { relative: 1e-4 });
    expectClose(found.gradients[0], byLeft, { relative: 1e-3, absolute: 5 });
  });

  it("give a zero vector no gradient under cosine, where division by its length gives an infinite one", () => {
    const { gradients: found } = gradients(
      (x, y) => tf.sum(new Cosine().matrix(x as tf.Tensor2D, y as tf.Tensor2D)),
      [
        [0, 0],
        [1, 0],
      ],
      [[0, 1]],
    );
    expectClose(found[0], [0, 0, 0, -1], { absolute: 0 });
  });
});
