import { inTurn } from "./in-turn.js";
import * as tf from "./tf.js";
import { withoutGradient } from "./without-gradient.js";

/**
 * `[n] × [m] -> [n, m]`, 1 where both numbers are equal, else 0. For integers below 2^24. Arithmetic, because a comparison that
 * broadcasts is eight times slower on wasm.
 */
export function equalPairs(left: tf.Tensor1D, right: tf.Tensor1D): tf.Tensor2D {
  const rows = tf.expandDims(tf.cast(left, "float32"), 1);
  const columns = tf.expandDims(tf.cast(right, "float32"), 0);
  // No gradient goes through it, for which every step would be kept.
  return withoutGradient(() =>
    inTurn(
      tf.squaredDifference<tf.Tensor2D>(rows, columns),
      (held) => tf.sub(1, held),
      (held) => tf.relu(held),
    ),
  );
}

/** `[n, n]`, 1 on the diagonal. Computed, so that a traced step does not hold n² constants. */
export function samePosition(n: number): tf.Tensor2D {
  const positions = tf.range(0, n, 1, "int32");
  return equalPairs(positions, positions);
}

/** Which columns are in the row's group (`positives`, never the row itself) and which are not (`negatives`); 1 or 0. */
export interface PairMasks {
  readonly positives: tf.Tensor2D;
  readonly negatives: tf.Tensor2D;
}

/** `[n] -> [n, n]` twice, of a batch with itself. The diagonal is in neither mask. */
export function masksWithin(groups: tf.Tensor1D): PairMasks {
  return withoutGradient(() => {
    const same = equalPairs(groups, groups);
    const positives = inTurn(samePosition(groups.shape[0]), (held) => tf.sub(same, held));
    return { positives, negatives: inTurn(same, (held) => tf.sub(1, held)) };
  });
}

/** A group that no item is in; groups are below 2^24. */
const NO_GROUP = -(2 ** 24);

/** `[n] × [m] -> [n, m]` twice, of a batch with remembered rows; a row that is not `valid` is in neither mask. */
export function masksAgainst(groups: tf.Tensor1D, remembered: tf.Tensor1D, valid: tf.Tensor1D): PairMasks {
  // What is not valid is in a group of its own, which costs one pass over [m] instead of two over [n, m].
  const same = equalPairs(groups, presentGroups(remembered, valid));
  return { positives: same, negatives: tf.sub(tf.expandDims(tf.cast(valid, "float32"), 0), same) };
}

/** `[m]` int32, groups of remembered rows; those that are not `valid` are in a group that no item is in. */
export function presentGroups(remembered: tf.Tensor1D, valid: tf.Tensor1D): tf.Tensor1D {
  const present = tf.cast(valid, "int32");
  return tf.add(
    tf.mul(remembered, present),
    tf.mul(tf.sub(tf.scalar(1, "int32"), present), tf.scalar(NO_GROUP, "int32")),
  );
}

/** `[n, m] -> [n]`, 1 for rows that have something. */
export function rowsWithAny(mask: tf.Tensor2D): tf.Tensor1D {
  return tf.step(tf.sum<tf.Tensor1D>(mask, 1));
}

/** Larger than any distance, small enough to be added and subtracted. */
const FAR = 1e30;

/**
 * `[n, m] -> [n]`, the largest value of each row among those in the mask; 0 for a row that has none. Equal largest values share the
 * gradient evenly.
 */
export function largestInRow(values: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor1D {
  return extremeInRow(values, mask, 1);
}

/** Like `largestInRow`, the smallest. */
export function smallestInRow(values: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor1D {
  return extremeInRow(values, mask, -1);
}

function extremeInRow(values: tf.Tensor2D, mask: tf.Tensor2D, sign: 1 | -1): tf.Tensor1D {
  return tf.customGrad((given, save) => {
    const signed = sign === 1 ? (given as tf.Tensor2D) : tf.neg(given as tf.Tensor2D);
    const inMask = tf.add(signed, tf.mul(tf.sub(mask, 1), FAR));
    const behind = tf.step(tf.sub(tf.max(inMask, 1, true), inMask)); // 0 at the largest
    const chosen = tf.mul(tf.sub(1, behind), mask);
    const share = tf.div(chosen, tf.maximum(tf.sum(chosen, 1, true), 1));
    (save as tf.GradSaveFunc)([share]);
    return {
      value: tf.sum(tf.mul(given as tf.Tensor2D, share), 1),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [tf.mul(tf.expandDims(dy, 1), saved[0] as tf.Tensor2D)],
    };
  })(values) as tf.Tensor1D;
}
