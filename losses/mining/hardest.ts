import { rowsWithAny, type PairMasks } from "../../lib/tensor/masks.js";
import { GroupMasks } from "../../lib/tensor/group-masks.js";
import { hardestRows, knowsHardestRows, type HardestRowsFound } from "../../lib/tensor/hardest-rows.js";
import { unitRows } from "../../lib/tensor/rows.js";
import * as tf from "../../lib/tensor/tf.js";
import { withoutGradient } from "../../lib/tensor/without-gradient.js";
import type { Comparison } from "./comparison.js";
import { farthestColumn, nearestColumn } from "./in-rows.js";

/** The hardest pair of each row on either side. */
export interface Hardest {
  /** `[n]` int32, columns of the farthest positive and the nearest negative; any for a row without one. */
  readonly columns: readonly [farthest: tf.Tensor1D, nearest: tf.Tensor1D];
  /** `[n]`, 1 for rows that have a positive, and for rows that have a negative. */
  readonly withPositive: tf.Tensor1D;
  readonly withNegative: tf.Tensor1D;
}

/** Products of positives are apart by more, of what does not count by less. */
const BETWEEN = 1 / 4;

/**
 * Finds the hardest pairs. Where similarities have bounds and all pairs of the groups count, one matrix serves both sides: positives are
 * moved above everything else and negatives below, which costs half the passes over `[n, m]` numbers. Which of two pairs is taken that
 * differ by less than a millionth is then left to rounding.
 */
export function hardest(comparison: Comparison, masks: PairMasks): Hardest {
  const range = comparison.distance.similarityRange;
  if (range === undefined || !(masks instanceof GroupMasks)) {
    const columns = withoutGradient(() => [
      farthestColumn(comparison.values, masks.positives),
      nearestColumn(comparison.values, masks.negatives),
    ]) as [tf.Tensor1D, tf.Tensor1D];
    return {
      columns,
      withPositive: rowsWithAny(masks.positives),
      withNegative: rowsWithAny(masks.negatives),
    };
  }
  const known = withoutGradient(() => amongRemembered(comparison, masks));
  if (known !== null) {
    const { farthest, nearest, withPositive, withNegative } = known;
    return { columns: [farthest, nearest], withPositive, withNegative };
  }
  const [farthest, nearest, withPositive, withNegative] = withoutGradient(() => {
    const similarities = comparison.distance.similarity(comparison.values);
    // The least similar is the largest here: of positives it is larger than everything else, of negatives smaller.
    const largest = Math.max(Math.abs(range[0]), Math.abs(range[1]));
    const apart = masks.apart(similarities, -1 / (6 * largest));
    const beyond = (most: tf.Tensor): tf.Tensor => tf.sub(1, tf.step(tf.sub(BETWEEN, most))); // NaN is beyond
    return [tf.argMax(apart, 1), tf.argMin(apart, 1), beyond(tf.max(apart, 1)), beyond(tf.neg(tf.min(apart, 1)))];
  }) as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
  return { columns: [farthest, nearest], withPositive, withNegative };
}

/** Of remembered rows, without their similarities; null where the backend, or the distance, has no such form. */
function amongRemembered({ distance, rows, columns }: Comparison, masks: GroupMasks): HardestRowsFound | null {
  const form = distance.asInnerProduct();
  if (form?.normalize !== true || form.subtractHalfSquaredNorm || !knowsHardestRows()) return null;
  const { remembered } = masks;
  return remembered && hardestRows({ rows: unitRows(rows), columns: unitRows(columns), ...remembered });
}
