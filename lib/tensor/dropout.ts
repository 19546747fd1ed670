import * as tf from "./tf.js";

/**
 * Sets a share of `rate` of the numbers to zero and multiplies the others by `1 / (1 - rate)`, so that the expected value stays.
 * `noise` holds uniform numbers in [0, 1), of the shape of `x` or one that is broadcast to it.
 *
 * Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, "Dropout", JMLR 2014.
 */
export function dropout<T extends tf.Tensor>(x: T, rate: number, noise: tf.Tensor): T {
  const kept = tf.cast(tf.greaterEqual(noise, rate), "float32");
  return tf.mul(x, tf.mul(kept, 1 / (1 - rate)));
}
