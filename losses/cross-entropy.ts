import * as tf from "../lib/tensor/tf.js";

/**
 * `[n, c] -> [n]`, minus the logarithm of the softmax probability of the class that has a 1 in `targets` `[n, c]`; infinite for a row
 * without such a class, so that a wrong label cannot pass unseen.
 */
export function crossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor1D {
  const likelihood = tf.sum(tf.mul(tf.logSoftmax(logits), targets), 1);
  return tf.neg(tf.add(likelihood, tf.log(tf.sum(targets, 1))));
}
