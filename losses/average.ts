import * as tf from "../lib/tensor/tf.js";

/** `total / weight`, and 0 with gradient 0 where there is nothing to average. */
export function average(total: tf.Scalar, weight: tf.Scalar): tf.Scalar {
  const empty = tf.sub(1, tf.step(weight));
  return tf.div(total, tf.add(weight, empty));
}

/** Mean of the values that have a weight, weighed by it; 0 where none has. */
export function weightedMean(values: tf.Tensor, weights: tf.Tensor): tf.Scalar {
  return average(tf.sum(tf.mul(values, weights)), tf.sum(weights));
}
