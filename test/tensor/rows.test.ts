import { expect } from "chai";
import * as tf from "likewise/tf";
import { Random } from "../../lib/random.js";
import { rootOrZero, unitRows } from "../../lib/tensor/rows.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, gradients } from "../support/gradient.js";
import { randomRows } from "../support/loss.js";

describe("rows", () => {
  it("are divided by their length, with the gradient of that", () => {
    const random = new Random("rows");
    const rows = randomRows(random, 4, 3);
    const weights = randomRows(random, 4, 3);
    const plain = (at: number[][]): number =>
      at.reduce(
        (sum, row, i) =>
          sum +
          row.reduce((inner, v, k) => inner + (v / Math.hypot(...row)) * ((weights[i] as number[])[k] as number), 0),
        0,
      );
    const found = gradients((x) => tf.sum(tf.mul(unitRows(x as tf.Tensor2D), tf.tensor2d(weights))), rows);
    expectClose(found.value, plain(rows));
    expectClose(found.gradients[0], centralDifferences(plain, rows), { relative: 1e-4 });
  });

  it("of length zero stay zero without a gradient, and NaN stays NaN", () => {
    const found = gradients(
      (x) => tf.sum(unitRows(x as tf.Tensor2D)),
      [
        [0, 0],
        [3, 4],
      ],
    );
    expectClose(found.gradients[0]?.slice(0, 2), [0, 0], { absolute: 0 });
    tf.tidy(() => {
      expectClose(
        unitRows(
          tf.tensor2d([
            [0, 0],
            [3, 4],
            [1e-10, 0],
          ]),
        ).dataSync(),
        [0, 0, 0.6, 0.8, 1, 0],
      );
      expect(unitRows(tf.tensor2d([[NaN, 1]])).dataSync()[0]).to.be.NaN;
    });
  });

  it("have roots whose gradient at zero is zero", () => {
    const found = gradients((x) => tf.sum(rootOrZero(x as tf.Tensor2D)), [[0, 4, -1e-9, 0.25]]);
    expectClose(found.value, 2.5);
    expectClose(found.gradients[0], [0, 0.25, 0, 1]);
  });
});
