import * as tf from "../lib/tensor/tf.js";

/** What stands between two linear maps. */
export type ActivationName = "relu" | "leakyRelu" | "gelu" | "elu" | "swish" | "tanh" | "sigmoid";

export const ACTIVATIONS: Readonly<Record<ActivationName, (x: tf.Tensor2D) => tf.Tensor2D>> = {
  relu: (x) => tf.relu(x),
  // 0.01 · x below zero
  leakyRelu: (x) => tf.sub(tf.relu(x), tf.mul(tf.relu(tf.neg(x)), 0.01)),
  // x · Φ(x), with the exact normal distribution
  gelu: (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
  elu: (x) => tf.elu(x),
  swish: (x) => tf.mul(x, tf.sigmoid(x)),
  tanh: (x) => tf.tanh(x),
  sigmoid: (x) => tf.sigmoid(x),
};
