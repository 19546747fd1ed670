import { Distance } from "../contracts/distance.js";
import { squaredDistances } from "../tensor/pairwise.js";
import { squaredLengths } from "../tensor/rows.js";
import * as tf from "../tensor/tf.js";

/** A row of less variance than this (times its width) carries no signal. */
const LEAST = 1e-16;

/**
 * Variance of the difference against that of the left vector: `var(x - y) / var(x)`, 0 for equal vectors. Not symmetric: x, the
 * anchor or query, is the signal, `y - x` the noise. Adding a number to all of a vector changes nothing. An x whose numbers are all
 * equal is at distance 1 from everything and gets no gradient. Similarity is `1 / (1 + d)`, 0..1.
 *
 * Yuan et al., "Signal-to-Noise Ratio: A Robust Distance Metric for Deep Metric Learning", CVPR 2019.
 */
export class SignalToNoise extends Distance {
  readonly name = "signal-to-noise";

  override matrix(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D {
    const x = centered(left);
    return ratio(squaredDistances(x, left === right ? x : centered(right)), squaredLengths(x));
  }

  override pairs(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor1D {
    const x = centered(left);
    const noise = squaredLengths(tf.sub(x, centered(right)));
    return tf.reshape(ratio(noise, squaredLengths(x)), [left.shape[0]]);
  }

  override similarity<T extends tf.Tensor>(distance: T): T {
    return tf.reciprocal(tf.add(distance, 1));
  }

  override asInnerProduct(): null {
    return null;
  }
}

function centered(rows: tf.Tensor2D): tf.Tensor2D {
  return tf.sub(rows, tf.mean(rows, 1, true));
}

/** `noise / signal`, 1 where there is no signal. */
function ratio(noise: tf.Tensor2D, signal: tf.Tensor2D): tf.Tensor2D {
  const has = tf.step(tf.sub(signal, LEAST)); // [n, 1]
  const without = tf.sub(1, has);
  const inverse = tf.div(has, tf.add(tf.mul(signal, has), without));
  return tf.add(tf.mul(noise, inverse), without);
}
