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
  const placeOf = (x: tf.Tensor2D): tf.Tensor2D => tf.mul(tf.sub(x, from), perUnit);
  // The last place belongs to the bin before it. NaN is put into the first, where it makes the counts NaN.
  const binOf = (place: tf.Tensor2D): tf.Tensor2D => {
    const bin = tf.clipByValue(tf.floor(place), 0, bins - 1);
    return tf.where(tf.isNaN(bin), tf.zerosLike(bin), bin);
  };
  return tf.customGrad((given, save) => {
    const x = given as tf.Tensor2D;
    const place = placeOf(x);
    const bin = binOf(place);
    const column = tf.cast(bin, "int32") as tf.Tensor2D;
    const upperShare = tf.mul<tf.Tensor2D>(tf.sub(tf.clipByValue(place, 0, bins), bin), mask);
    const lowerShare = tf.add<tf.Tensor2D>(tf.sub(mask, upperShare), tf.mul(x, 0));
    const atLower = addIntoRows(lowerShare, column, bins);
    const atUpper = addIntoRows(upperShare, column, bins);
    (save as tf.GradSaveFunc)([x, mask]);
    const none = tf.zeros<tf.Rank.R2>([x.shape[0], 1]);
    return {
      value: tf.add(tf.concat([atLower, none], 1), tf.concat([none, atUpper], 1)),
      // Everything is computed again, because matrices that were kept until here would be most of the memory.
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [kept, held] = saved as [tf.Tensor2D, tf.Tensor2D];
        const again = placeOf(kept);
        const beyond = tf.step(tf.abs(tf.sub(again, tf.clipByValue(again, 0, bins))));
        const rises = tf.sub<tf.Tensor2D>(
          tf.slice(dy as tf.Tensor2D, [0, 1], [-1, bins]),
          tf.slice(dy as tf.Tensor2D, [0, 0], [-1, bins]),
        );
        const slope = takeFromRows(rises, tf.cast(binOf(again), "int32") as tf.Tensor2D);
        return [tf.mul(tf.mul(slope, held), tf.mul(tf.sub(1, beyond), perUnit))];
      },
    };
  })(values) as tf.Tensor2D;
}
