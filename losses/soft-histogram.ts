import { inTurn } from "../lib/tensor/in-turn.js";
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
  const placeOf = (x: tf.Tensor2D): tf.Tensor2D => tf.tidy(() => tf.mul(tf.sub(x, from), perUnit));
  // The last place belongs to the bin before it. NaN is put into the first, where it makes the counts NaN.
  const binOf = (place: tf.Tensor2D): tf.Tensor2D =>
    inTurn(
      tf.floor(place),
      (held) => tf.clipByValue(held, 0, bins - 1),
      (held) => tf.tidy(() => tf.where(tf.isNaN(held), tf.zerosLike(held), held)),
    );
  return tf.customGrad((given, save) => {
    const x = given as tf.Tensor2D;
    const place = placeOf(x);
    const bin = binOf(place);
    const upperShare = inTurn(
      place,
      (held) => tf.clipByValue(held, 0, bins),
      (held) => tf.sub(held, bin),
      (held) => tf.mul(held, mask),
    );
    const column = inTurn(bin, (held) => tf.cast(held, "int32"));
    const none = tf.zeros<tf.Rank.R2>([x.shape[0], 1]);
    const lowerShare = tf.tidy(() => tf.add<tf.Tensor2D>(tf.sub(mask, upperShare), tf.mul(x, 0)));
    const atLower = addIntoRows(lowerShare, column, bins);
    lowerShare.dispose();
    const atUpper = addIntoRows(upperShare, column, bins);
    (save as tf.GradSaveFunc)([x, mask]);
    return {
      value: tf.add(tf.concat([atLower, none], 1), tf.concat([none, atUpper], 1)),
      // Everything is computed again, because matrices that were kept until here would be most of the memory.
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.tidy(() => {
          const [kept, held] = saved as [tf.Tensor2D, tf.Tensor2D];
          const rises = tf.sub<tf.Tensor2D>(
            tf.slice(dy as tf.Tensor2D, [0, 1], [-1, bins]),
            tf.slice(dy as tf.Tensor2D, [0, 0], [-1, bins]),
          );
          const again = placeOf(kept);
          const bin = inTurn(binOf(again), (found) => tf.cast(found, "int32"));
          const slope = inTurn(takeFromRows(rises, bin), (found) => tf.mul(found, held));
          bin.dispose();
          const counts = inTurn(
            again,
            (place) => tf.tidy(() => tf.abs(tf.sub(place, tf.clipByValue(place, 0, bins)))),
            (beyond) => tf.step(beyond),
            (beyond) => tf.sub(1, beyond),
            (within) => tf.mul(within, perUnit),
          );
          return [tf.mul(slope, counts)];
        }),
    };
  })(values) as tf.Tensor2D;
}
