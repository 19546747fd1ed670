import { foundByPositives, SemiHardNegatives } from "../lib/tensor/few-positives.js";
import type { PairMasks } from "../lib/tensor/masks.js";
import { addIntoRows, descending, takeFromRows } from "../lib/tensor/row-order.js";
import * as tf from "../lib/tensor/tf.js";
import { including } from "./mining/triplet-counts.js";

/** Sorts behind every distance. */
const NEVER = -1e30;

/**
 * `[n, m]`, at the place of each positive the column of the nearest negative of its row that is farther than it, or, when there is
 * none, of the farthest negative. Elsewhere, and in rows without a negative, any column. Not differentiable.
 *
 * Each row is sorted once: `O(n m log m)` time, `O(n m)` memory. Compiled steps sort where rows have many positives alone.
 */
export function semiHardNegatives(distances: tf.Tensor2D, { positives, negatives }: PairMasks): tf.Tensor2D {
  const [, size] = distances.shape;
  // Up by what may be rounding, so that a negative at the same distance is not farther.
  const bounds = including(distances);
  const found = foundByPositives(SemiHardNegatives, { bounds, distances, positives, negatives });
  if (found !== null) return found;
  const neither = tf.sub(1, tf.add(positives, negatives));
  const ofPositives = tf.mul(bounds, positives);
  const order = descending(tf.addN([ofPositives, tf.mul(distances, negatives), tf.mul(neither, NEVER)]) as tf.Tensor2D);
  const isNegative = order.arrange(negatives);
  // The rank of the last negative before each place is the nearest farther one; without one, rank 0 is the farthest.
  const rank = tf.cast(tf.relu(tf.sub(tf.cumsum(isNegative, 1), 1)), "int32") as tf.Tensor2D;
  const columnOfRank = addIntoRows(tf.mul(tf.cast(order.columns, "float32"), isNegative), rank, size);
  return order.restore(takeFromRows(columnOfRank, rank));
}
