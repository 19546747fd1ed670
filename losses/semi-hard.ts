import type { PairMasks } from "../lib/tensor/masks.js";
import { addIntoRows, descending, takeFromRows } from "../lib/tensor/row-order.js";
import * as tf from "../lib/tensor/tf.js";
import { including } from "./mining/triplet-counts.js";

/** Sorts behind every distance. */
const NEVER = -1e30;

/**
 * `[n, m]`, at the place of each positive the distance of the nearest negative of its row that is farther than it, or, when there is
 * none, of the farthest negative. Elsewhere, and in rows without a negative, some distance of the row.
 *
 * Each row is sorted once: `O(n m log m)` time, `O(n m)` memory.
 */
export function semiHardNegatives(distances: tf.Tensor2D, { positives, negatives }: PairMasks): tf.Tensor2D {
  const [, size] = distances.shape;
  return tf.customGrad((given, save) => {
    const d = given as tf.Tensor2D;
    const neither = tf.sub(1, tf.add(positives, negatives));
    // Up by what may be rounding, so that a negative at the same distance is not farther.
    const ofPositives = tf.mul(including(d), positives);
    const order = descending(tf.addN([ofPositives, tf.mul(d, negatives), tf.mul(neither, NEVER)]) as tf.Tensor2D);
    const isNegative = order.arrange(negatives);
    // The rank of the last negative before each place is the nearest farther one; without one, rank 0 is the farthest.
    const rank = tf.cast(tf.relu(tf.sub(tf.cumsum(isNegative, 1), 1)), "int32") as tf.Tensor2D;
    const columnOfRank = addIntoRows(tf.mul(tf.cast(order.columns, "float32"), isNegative), rank, size);
    const column = order.restore(takeFromRows(columnOfRank, rank)); // of the negative, at the place of the positive
    (save as tf.GradSaveFunc)([column]);
    return {
      value: takeFromRows(d, tf.cast(column, "int32") as tf.Tensor2D),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const columns = tf.cast(saved[0] as tf.Tensor2D, "int32") as tf.Tensor2D;
        return [addIntoRows(dy as tf.Tensor2D, columns, size)];
      },
    };
  })(distances) as tf.Tensor2D;
}
