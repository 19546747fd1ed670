import { knowsKernel } from "./knows-kernel.js";
import * as tf from "./tf.js";

/** A kernel of this library's own: a compiled step finds the hardest of thousands of rows without comparing all of them exactly. */
export const HardestRows = "HardestRows";

/** The inputs of the kernel, by name. */
export interface HardestRowsInputs {
  /** `[n, d]`, of length 1 or 0. */
  readonly rows: tf.Tensor2D;
  /** `[m, d]`, what they are compared with, of length 1 or 0. */
  readonly columns: tf.Tensor2D;
  /** `[n]`, the group of each row. */
  readonly groups: tf.Tensor1D;
  /** `[m]`, the group of each column; one that does not count is in a group of its own. */
  readonly labels: tf.Tensor1D;
  /** `[m]` float32, 1 where a column counts, else 0. */
  readonly counted: tf.Tensor1D;
}

/** The hardest column of each row on either side, by inner products; `[n]` each. */
export interface HardestRowsFound {
  /** int32, the least similar of the row's group, and the most similar of others; any for a row without one. */
  readonly farthest: tf.Tensor1D;
  readonly nearest: tf.Tensor1D;
  /** 1 for rows that have such a column; NaN is one. */
  readonly withPositive: tf.Tensor1D;
  readonly withNegative: tf.Tensor1D;
}

/** Whether the active backend has the kernel. */
export function knowsHardestRows(): boolean {
  return knowsKernel(HardestRows);
}

/** Finds the hardest columns of rows, where the active backend has the kernel. Not differentiable. */
export function hardestRows(inputs: HardestRowsInputs): HardestRowsFound {
  const found = tf.engine().runKernel(HardestRows, { ...inputs } as unknown as tf.NamedTensorMap);
  const [farthest, nearest, withPositive, withNegative] = found as unknown as [
    ...[tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D],
  ];
  return { farthest, nearest, withPositive, withNegative };
}
