import { inTurn } from "../../lib/tensor/in-turn.js";
import { innerProducts } from "../../lib/tensor/pairwise.js";
import { unitRows } from "../../lib/tensor/rows.js";
import * as tf from "../../lib/tensor/tf.js";

/** `[n, d] × [m, d] -> [n, m]`, squared euclidean distances of rows divided by their lengths, 0..4. Not differentiable. */
export function squaredUnitDistances(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D {
  const x = unitRows(left);
  const y = left === right ? x : unitRows(right);
  const lengths = (rows: tf.Tensor2D): tf.Tensor2D => tf.sum(tf.square(rows), 1, true); // 1, or 0 for a zero row
  const both = tf.add<tf.Tensor2D>(lengths(x), tf.transpose(lengths(y))); // [n, m]
  const products = inTurn(innerProducts(x, y), (held) => tf.mul(held, 2));
  const squared = inTurn(
    both,
    (held) => tf.sub(held, products),
    (held) => tf.relu(held),
  );
  products.dispose();
  return squared;
}
