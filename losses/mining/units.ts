import * as tf from "../../lib/tensor/tf.js";

/**
 * The losses of single pairs, triplets or anchors, before they become one number. `[n]` or `[n, m]`; a row belongs to the anchor of
 * this position. A place may stand for several units: then it holds the sum of their losses, and how many they are.
 */
export interface Units {
  /** Summed loss at each place, 0 where there is no unit. */
  readonly totals: tf.Tensor;
  /** Units at each place; has no gradient. */
  readonly counts: tf.Tensor;
  /** Only the units whose loss lies between two bounds, both excluded. */
  between(low: number, high: number): Units;
}

/** Units of one loss each; `counts` is 0 where there is none, 1 where there is one, more when it counts several times. */
export function unitsOf(losses: tf.Tensor, counts: tf.Tensor): Units {
  return {
    totals: tf.mul(losses, counts),
    counts,
    between(low, high) {
      const above = low === -Infinity ? counts : tf.mul(counts, tf.step(tf.sub(losses, low)));
      return unitsOf(losses, high === Infinity ? above : tf.mul(above, tf.step(tf.sub(high, losses))));
    },
  };
}
