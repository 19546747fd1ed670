import { addIntoRows, takeFromRows } from "../lib/tensor/row-order.js";
import * as tf from "../lib/tensor/tf.js";

/**
 * `[n, m] -> [n, bins + 1]`, a histogram of each row over what the mask `[n, m]` holds, counted at `bins + 1` evenly spaced places from
 * `from` to `to`: a value between two places counts for both, the more the nearer, so that the counts have a gradient. A value beyond
 * the ends counts at the end, without a gradient. Costs `O(n m)` whatever the number of bins.
 */
export function softHistogram(
  values: tf.Tensor2D,
  mask: tf.Tensor2D,
  { from, to, bins }: { readonly from: number; readonly to: number; readonly bins: number },
): tf.Tensor2D {
  const perUnit = bins / (to - from);
  return tf.customGrad((given, save) => {
    const place = tf.mul(tf.sub(given as tf.Tensor2D, from), perUnit);
    const inside = tf.clipByValue(place, 0, bins);
    // The last place belongs to the bin before it. NaN is put into the first, where it makes the counts NaN.
    const lower = tf.relu(tf.minimum(tf.floor(inside), bins - 1));
    const column = tf.cast(tf.where(tf.isNaN(lower), tf.zerosLike(lower), lower), "int32") as tf.Tensor2D;
    const upperShare = tf.mul(tf.sub(inside, lower), mask) as tf.Tensor2D;
    const strange = tf.mul(given as tf.Tensor2D, 0);
    const lowerShare = tf.add(tf.sub(mask, upperShare), strange) as tf.Tensor2D;
    const atLower = addIntoRows(lowerShare, column, bins + 1);
    const atUpper = addIntoRows(upperShare, tf.add(column, tf.scalar(1, "int32")), bins + 1);
    const beyond = tf.step(tf.abs(tf.sub(place, inside)));
    (save as tf.GradSaveFunc)([column, tf.mul(tf.mul(tf.sub(1, beyond), mask), perUnit)]);
    return {
      value: tf.add(atLower, atUpper),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [bin, weight] = saved as [tf.Tensor2D, tf.Tensor2D];
        const rises = tf.sub<tf.Tensor2D>(
          tf.slice(dy as tf.Tensor2D, [0, 1], [-1, bins]),
          tf.slice(dy as tf.Tensor2D, [0, 0], [-1, bins]),
        );
        return [tf.mul(takeFromRows(rises, bin), weight)];
      },
    };
  })(values) as tf.Tensor2D;
}
