import { equalPairs } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";

/**
 * `[n, groups]` with a 1 at the row's group `-> [n, groups]`, what a row is to be taken for: its group, but for a share that is spread
 * evenly over all groups, or over those of its category alone. Without a 1 nothing is spread.
 *
 * @param categories A number for each group, from 0; null for all alike.
 */
export function smoothedGroups(own: tf.Tensor2D, share: number, categories: readonly number[] | null): tf.Tensor2D {
  const sure = tf.mul(own, 1 - share);
  const known = tf.sum(own, 1, true); // [n, 1]
  if (categories === null) return tf.add(sure, tf.mul(known, share / own.shape[1]));
  const ofGroup = tf.tensor1d([...categories]);
  const ofRow = tf.sum<tf.Tensor1D>(tf.mul(own, tf.expandDims(ofGroup, 0)), 1);
  const alike = tf.mul(equalPairs(ofRow, ofGroup), known);
  return tf.add(sure, tf.mul(tf.div(alike, tf.maximum(tf.sum(alike, 1, true), 1)), share));
}
