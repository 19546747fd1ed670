import { countedSum, type Counted } from "../lib/tensor/counted-sum.js";
import type { PairMasks } from "../lib/tensor/masks.js";
import { addIntoRows, descending, takeFromRows } from "../lib/tensor/row-order.js";
import * as tf from "../lib/tensor/tf.js";

/** Distances that differ by less than this part of them, or by less than `LEAST`, are equal up to rounding. */
const LAST_PLACE = 2 ** -22;
const LEAST = 1e-30;

/** Sorts behind every distance. */
const NEVER = -1e30;

/** Summed loss of the chosen triplets, and how many they are. */
export interface MinedTriplets {
  readonly total: tf.Scalar;
  readonly count: tf.Scalar;
}

/**
 * Every (anchor, positive, negative) whose loss `d(a, p) - d(a, n) + margin` is above zero.
 *
 * Each anchor's row is sorted once with the positives moved out by the margin: a positive is then in a triplet with every negative
 * behind it. `O(n m log m)` time and `O(n m)` memory for the `n m²` triplets.
 */
export function allTriplets(distances: tf.Tensor2D, masks: PairMasks, margin: number): MinedTriplets {
  const { positives, negatives } = masks;
  return countedSum(distances, (d): Counted => {
    const moved = tf.add(d, margin);
    // Down by what may be rounding, so that a loss of exactly zero does not count.
    const reach = tf.sub(moved, rounding(moved));
    const order = descending(keys(reach, d, masks));
    const kinds = order.arrange(tf.sub(positives, negatives)); // 1 positive, -1 negative, 0 neither
    const isPositive = tf.relu(kinds);
    const isNegative = tf.relu(tf.neg(kinds));
    const negativesBehind = tf.sub(tf.sum(isNegative, 1, true), tf.cumsum(isNegative, 1));
    const positivesBefore = tf.cumsum(isPositive, 1);
    const gradient = order.restore(
      tf.sub(tf.mul(isPositive, negativesBehind), tf.mul(isNegative, positivesBefore)) as tf.Tensor2D,
    );
    const count = tf.sum<tf.Scalar>(tf.relu(gradient));
    return { total: tf.add(tf.sum(tf.mul(gradient, d)), tf.mul(count, margin)), count, gradient };
  });
}

/**
 * For every (anchor, positive) whose anchor has a negative: the nearest negative that is farther than the positive, or, when there is
 * none, the farthest negative. `penalty` turns `d(a, p) - d(a, n)` into a loss and its derivative.
 *
 * Two passes over rows that are sorted once: `O(n m log m)` time, `O(n m)` memory.
 */
export function semiHardTriplets(distances: tf.Tensor2D, masks: PairMasks, penalty: Penalty): MinedTriplets {
  const { positives, negatives } = masks;
  const [, size] = distances.shape;
  return countedSum(distances, (d): Counted => {
    // Up by what may be rounding, so that a negative at the same distance is not farther.
    const order = descending(keys(tf.add(d, rounding(d)), d, masks));
    const kinds = order.arrange(tf.sub(positives, negatives));
    const isNegative = tf.relu(tf.neg(kinds));
    // The rank of the last negative before each place is the nearest farther one; without one, rank 0 is the farthest.
    const rank = tf.cast(tf.relu(tf.sub(tf.cumsum(isNegative, 1), 1)), "int32") as tf.Tensor2D;
    const columnOfRank = addIntoRows(tf.mul(tf.cast(order.columns, "float32"), isNegative), rank, size);
    const column = tf.cast(takeFromRows(columnOfRank, rank), "int32") as tf.Tensor2D; // in sorted places
    const chosen = order.restore(takeFromRows(d, column));
    const pairs = tf.mul(positives, tf.step(tf.sum(negatives, 1, true)));
    const { loss, slope } = penalty(tf.sub(d, chosen));
    const pull = tf.mul(slope, pairs) as tf.Tensor2D;
    const push = addIntoRows(order.arrange(pull), column, size);
    return { total: tf.sum(tf.mul(loss, pairs)), count: tf.sum(pairs), gradient: tf.sub(pull, push) };
  });
}

/** A loss of a difference of distances, elementwise, with its derivative. */
export type Penalty = (difference: tf.Tensor2D) => { loss: tf.Tensor2D; slope: tf.Tensor2D };

/** `max(0, x + margin)` */
export const hinge =
  (margin: number): Penalty =>
  (difference) => {
    const loss = tf.relu(tf.add<tf.Tensor2D>(difference, margin));
    return { loss, slope: tf.step(loss) };
  };

/** `log(1 + exp(x))` */
export const soft: Penalty = (difference) => ({ loss: tf.softplus(difference), slope: tf.sigmoid(difference) });

function rounding(distances: tf.Tensor): tf.Tensor {
  return tf.add(tf.mul(tf.abs(distances), LAST_PLACE), LEAST);
}

function keys(ofPositives: tf.Tensor, ofNegatives: tf.Tensor, { positives, negatives }: PairMasks): tf.Tensor2D {
  const neither = tf.sub(1, tf.add(positives, negatives));
  return tf.addN([
    tf.mul(ofPositives, positives),
    tf.mul(ofNegatives, negatives),
    tf.mul(neither, NEVER),
  ]) as tf.Tensor2D;
}
