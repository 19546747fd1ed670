import * as tf from "../lib/tensor/tf.js";

/**
 * `[n]`, `cos θ -> cos(times θ)` as far as that falls, and from there on falling all the way to `θ = π`:
 * `(-1)^k cos(times θ) - 2k` for the k with `k π / times <= θ < (k + 1) π / times`. By Chebyshev's polynomials, without the angle
 * itself, whose gradient is infinite at 0 and π.
 */
export function cosineOfMultiple(cosine: tf.Tensor1D, times: number): tf.Tensor1D {
  let before: tf.Tensor = tf.onesLike(cosine);
  let multiple: tf.Tensor = cosine;
  for (let n = 1; n < times; n += 1) {
    [before, multiple] = [multiple, tf.sub(tf.mul(tf.mul(cosine, 2), multiple), before)];
  }
  let turns: tf.Tensor = tf.zerosLike(cosine);
  let sign: tf.Tensor = tf.onesLike(cosine);
  for (let turn = 1; turn < times; turn += 1) {
    const beyond = tf.step(tf.sub(Math.cos((turn * Math.PI) / times), cosine));
    turns = tf.add(turns, beyond);
    sign = tf.mul(sign, tf.sub(1, tf.mul(beyond, 2)));
  }
  return tf.sub(tf.mul(sign, multiple), tf.mul(turns, 2));
}

/** `[n, groups]` cosines `-> [n, groups]`, with the angle multiplied for those that have a 1 in `own`. */
export function withMultipleAngle(cosines: tf.Tensor2D, own: tf.Tensor2D, times: number): tf.Tensor2D {
  const cosine = tf.sum<tf.Tensor1D>(tf.mul(cosines, own), 1);
  const change = tf.expandDims(tf.sub(cosineOfMultiple(cosine, times), cosine), 1);
  return tf.add(cosines, tf.mul(own, change));
}
