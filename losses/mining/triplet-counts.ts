import { foundByPositives, TripletCounts } from "../../lib/tensor/few-positives.js";
import { inTurn } from "../../lib/tensor/in-turn.js";
import type { PairMasks } from "../../lib/tensor/masks.js";
import { descending } from "../../lib/tensor/row-order.js";
import * as tf from "../../lib/tensor/tf.js";

/** Distances that differ by less than this part of them, or by less than `LEAST`, are equal up to rounding. */
const LAST_PLACE = 2 ** -22;
const LEAST = 1e-30;

/** Sorts behind every distance. */
const NEVER = -1e30;

/**
 * In how many triplets each pair is, when a positive is in one with every negative of its row that is nearer than the bound at the
 * positive's place: `[n, m]`, counts at positives, minus counts at negatives. That is also the derivative of the sum of
 * `d(a, p) - d(a, n)` over these triplets. Not differentiable.
 *
 * Each row is sorted once, the positives moved to their bounds: a positive is then in a triplet with every negative behind it.
 * `O(n m log m)` time and `O(n m)` memory for up to `n m²` triplets. Compiled steps sort where rows have many positives alone.
 */
export function tripletCounts(bounds: tf.Tensor2D, distances: tf.Tensor2D, masks: PairMasks): tf.Tensor2D {
  const { positives, negatives } = masks;
  const found = foundByPositives(TripletCounts, { bounds, distances, positives, negatives });
  if (found !== null) return found;
  return tf.tidy(() => {
    const keys = tf.tidy(() => {
      const neither = tf.sub(1, tf.add(positives, negatives));
      return tf.addN([tf.mul(bounds, positives), tf.mul(distances, negatives), tf.mul(neither, NEVER)]) as tf.Tensor2D;
    });
    const order = descending(keys);
    keys.dispose();
    const kinds = inTurn(tf.sub<tf.Tensor2D>(positives, negatives), (held) => order.arrange(held)); // 1, -1, 0 neither
    const ofPositives = tf.tidy(() => {
      const isNegative = tf.relu(tf.neg(kinds));
      const negativesBehind = tf.sub(tf.sum(isNegative, 1, true), tf.cumsum(isNegative, 1));
      return tf.mul<tf.Tensor2D>(tf.relu(kinds), negativesBehind);
    });
    const ofNegatives = tf.tidy(() => {
      const positivesBefore = tf.cumsum(tf.relu(kinds), 1);
      return tf.mul<tf.Tensor2D>(tf.relu(tf.neg(kinds)), positivesBefore);
    });
    kinds.dispose();
    return order.restore(inTurn(ofPositives, (held) => tf.sub(held, ofNegatives)));
  });
}

/** A bound that lets in what is as far, up to rounding. */
export function including(bounds: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => tf.add(bounds, rounding(bounds)));
}

/** A bound that keeps out what is as far, up to rounding. */
export function excluding(bounds: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => tf.sub(bounds, rounding(bounds)));
}

function rounding(distances: tf.Tensor2D): tf.Tensor2D {
  return tf.add(tf.mul(tf.abs(distances), LAST_PLACE), LEAST);
}
