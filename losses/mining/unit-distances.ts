import { innerProducts } from "../../lib/tensor/pairwise.js";
import { unitRows } from "../../lib/tensor/rows.js";
import * as tf from "../../lib/tensor/tf.js";

/** `[n, d] × [m, d] -> [n, m]`, squared euclidean distances of rows divided by their lengths, 0..4. Not differentiable at 0. */
export function squaredUnitDistances(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D {
  const x = unitRows(left);
  const y = left === right ? x : unitRows(right);
  const lengths = (rows: tf.Tensor2D): tf.Tensor2D => tf.sum(tf.square(rows), 1, true); // 1, or 0 for a zero row
  const squared = tf.sub(tf.add(lengths(x), tf.transpose(lengths(y))), tf.mul(innerProducts(x, y), 2));
  return tf.relu<tf.Tensor2D>(squared as tf.Tensor2D);
}
