import { inTurn } from "../../lib/tensor/in-turn.js";
import * as tf from "../../lib/tensor/tf.js";
import { withoutGradient } from "../../lib/tensor/without-gradient.js";

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
    // When it is asked for: most reducers want either these or those between bounds.
    get totals() {
      return tf.mul(losses, counts);
    },
    counts,
    between(low, high) {
      return unitsOf(
        losses,
        withoutGradient(() => {
          const within = (difference: tf.Tensor, held: tf.Tensor): tf.Tensor =>
            inTurn(
              difference,
              (beyond) => tf.step(beyond),
              (inside) => tf.mul(held, inside),
            );
          const above = low === -Infinity ? counts : within(tf.sub(losses, low), counts);
          return high === Infinity ? above : within(tf.sub(high, losses), above);
        }),
      );
    },
  };
}
