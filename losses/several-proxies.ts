import { largestInRow } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";

/**
 * `[n, groups * each] -> [n, groups]`, the largest of each group's columns, which stand side by side. Equal largest ones share the
 * gradient.
 */
export function nearestOfGroup(cosines: tf.Tensor2D, groups: number, each: number): tf.Tensor2D {
  const rows = tf.reshape(cosines, [cosines.shape[0] * groups, each]) as tf.Tensor2D;
  return tf.reshape(largestInRow(rows, tf.onesLike(rows)), [cosines.shape[0], groups]);
}

/** `[n, groups * each] -> [n, groups]`, the mean of each group's columns by the weights `softmax(cosine / temperature)`. */
export function softNearestOfGroup(
  cosines: tf.Tensor2D,
  groups: number,
  each: number,
  temperature: number,
): tf.Tensor2D {
  const rows = tf.reshape(cosines, [cosines.shape[0] * groups, each]) as tf.Tensor2D;
  const mean = tf.sum(tf.mul(tf.softmax(tf.div(rows, temperature)), rows), 1);
  return tf.reshape(mean, [cosines.shape[0], groups]);
}
