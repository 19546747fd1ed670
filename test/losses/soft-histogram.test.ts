import * as tf from "likewise/tf";
import { Random } from "../../lib/random.js";
import { softHistogram } from "../../losses/soft-histogram.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, gradients, type Matrix } from "../support/gradient.js";
import { randomRows } from "../support/loss.js";

const RANGE = { from: -1, to: 1, bins: 4 };
const WIDTH = 0.5;

/** Triangles of one bin's width round each place. */
const plain = (values: Matrix, mask: Matrix): number[][] =>
  values.map((row, i) =>
    [0, 1, 2, 3, 4].map((place) =>
      row.reduce(
        (sum, value, k) =>
          sum +
          (mask[i]?.[k] as number) *
            Math.max(0, 1 - Math.abs(Math.min(1, Math.max(-1, value)) - (place * WIDTH - 1)) / WIDTH),
        0,
      ),
    ),
  );

describe("a soft histogram of rows", () => {
  const random = new Random("histogram");
  const values = randomRows(random, 3, 7, 0.5);
  const mask = values.map((row) => row.map((_, k) => (k % 3 === 0 ? 0 : 1)));

  it("equals triangles in plain loops, value and gradient", () => {
    const weights = randomRows(random, 3, 5);
    const found = gradients(
      (x) =>
        tf.sum(tf.mul(softHistogram(x as tf.Tensor2D, tf.tensor2d(mask), RANGE), tf.tensor2d(weights))) as tf.Scalar,
      values,
    );
    const wanted = (at: Matrix): number =>
      plain(at, mask).reduce((sum, row, i) => sum + row.reduce((s, v, k) => s + v * (weights[i]?.[k] as number), 0), 0);
    expectClose(found.value, wanted(values));
    expectClose(
      found.gradients[0],
      centralDifferences((at) => wanted(at), values),
      { relative: 1e-3, absolute: 1e-4 },
    );
  });

  it("counts what lies on and beyond the ends at the ends, and shows NaN", () => {
    tf.tidy(() => {
      const rows = tf.tensor2d([
        [-1, 1, 1.5, -9],
        [NaN, 0, 0, 0],
      ]);
      const counts = softHistogram(rows, tf.onesLike(rows), RANGE).arraySync();
      expectClose(counts[0], [2, 0, 0, 0, 2]);
      expectClose(counts[1]?.[0], NaN);
    });
  });
});
