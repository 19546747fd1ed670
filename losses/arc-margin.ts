import { rootOrZero } from "../lib/tensor/rows.js";
import * as tf from "../lib/tensor/tf.js";

/**
 * `cos θ -> cos(θ + margin)`, without the angle itself, whose gradient is infinite at 0 and π. Beyond `θ = π - margin`, where it would
 * rise again, it goes on falling as `cos θ - margin sin margin`.
 */
export function cosineWithMargin(cosine: tf.Tensor1D, margin: number): tf.Tensor {
  const sine = rootOrZero(tf.sub(1, tf.square(cosine)));
  const turned = tf.sub(tf.mul(cosine, Math.cos(margin)), tf.mul(sine, Math.sin(margin)));
  const falling = tf.sub(cosine, margin * Math.sin(margin));
  const within = tf.step(tf.sub(cosine, Math.cos(Math.PI - margin)));
  return tf.add(tf.mul(turned, within), tf.mul(falling, tf.sub(1, within)));
}

/** `[n, groups]` cosines `-> [n, groups]`, with the margin on those that have a 1 in `own`. */
export function withArcMargin(cosines: tf.Tensor2D, own: tf.Tensor2D, margin: number): tf.Tensor2D {
  const cosine = tf.sum<tf.Tensor1D>(tf.mul(cosines, own), 1);
  const change = tf.expandDims(tf.sub(cosineWithMargin(cosine, margin), cosine), 1);
  return tf.add(cosines, tf.mul(own, change));
}
