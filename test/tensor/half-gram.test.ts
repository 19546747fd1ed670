import { expect } from "chai";
import * as tf from "likewise/tf";
import { Random } from "../../lib/random.js";
import { halfGram } from "../../lib/tensor/half-gram.js";

describe("half of a symmetric product", () => {
  for (const d of [1, 5, 191, 192, 193, 200]) {
    it(`and its transpose add up to the whole (${d} columns)`, () =>
      tf.tidy(() => {
        const random = new Random("gram");
        const [n, rows] = [7, tf.tensor2d(random.normals(7 * d), [7, d])];
        const weights = random.normals(n);
        const weighted = tf.mul<tf.Tensor2D>(rows, tf.tensor2d(weights, [n, 1]));
        const half = halfGram(rows, weighted);
        const whole = tf.add<tf.Tensor2D>(half, tf.transpose(half)).arraySync();
        const x = rows.arraySync();
        for (let i = 0; i < d; i += 1) {
          for (let j = 0; j < d; j += 1) {
            const wanted = x.reduce((sum, row, at) => sum + (weights[at] as number) * row[i]! * row[j]!, 0);
            if (Math.abs((whole[i]?.[j] as number) - wanted) > 1e-4)
              expect.fail(`[${i}, ${j}]: ${whole[i]?.[j]}, not ${wanted}`);
          }
        }
      }));
  }
});
