import { expect } from "chai";
import { logSumExpInRow } from "../../losses/log-sum-exp.js";
import * as tf from "likewise/tf";
import { expectClose } from "../support/close.js";
import { centralDifferences, gradients, type Matrix } from "../support/gradient.js";

const plain = (values: Matrix, mask: Matrix, one: number): number[] =>
  values.map((row, i) => {
    const held = row.filter((_, k) => mask[i]?.[k] === 1);
    const sum = held.reduce((total, value) => total + Math.exp(value), one);
    return sum === 0 ? 0 : Math.log(sum);
  });

const values = [
  [1, -2, 0.5],
  [-3, 2, 4],
  [0.1, 0.2, 0.3],
  [-7, -8, 5],
];
const mask = [
  [1, 1, 0],
  [0, 1, 1],
  [0, 0, 0],
  [1, 1, 0],
];

describe("the logarithm of a sum of exponentials along masked rows", () => {
  for (const withOne of [false, true]) {
    it(`equals plain loops, value and gradient${withOne ? ", with one" : ""}`, () => {
      const weights = [0.5, -1, 2, 3];
      const found = gradients(
        (x) =>
          tf.sum(
            tf.mul(logSumExpInRow(x as tf.Tensor2D, tf.tensor2d(mask), { withOne }), tf.tensor1d(weights)),
          ) as tf.Scalar,
        values,
      );
      const wanted = (at: Matrix): number =>
        plain(at, mask, withOne ? 1 : 0).reduce((sum, value, i) => sum + value * (weights[i] as number), 0);
      expectClose(found.value, wanted(values));
      expectClose(
        found.gradients[0],
        centralDifferences((at) => wanted(at), values),
        { relative: 1e-4, absolute: 1e-5 },
      );
    });
  }

  it("neither overflows nor underflows, and shows NaN", () => {
    tf.tidy(() => {
      const rows = tf.tensor2d([
        [1e6, 1e6 - 1],
        [-1e6, -1e6],
        [NaN, 0],
      ]);
      const ones = tf.onesLike(rows);
      expectClose(logSumExpInRow(rows, ones).dataSync(), [1e6 + Math.log1p(Math.exp(-1)), -1e6 + Math.log(2), NaN]);
      expectClose(logSumExpInRow(rows, ones, { withOne: true }).dataSync(), [1e6, 0, NaN], { absolute: 0.4 });
      expect(logSumExpInRow(rows, tf.zerosLike(rows)).dataSync()[0]).to.equal(0);
    });
  });
});
