import { knowsKernel } from "./knows-kernel.js";
import * as tf from "./tf.js";

/**
 * Kernels of this library's own that compiled steps have: what is otherwise found by sorting rows is found there positive by positive, where
 * no row has many.
 */
export const TripletCounts = "TripletCounts";
export const SemiHardNegatives = "SemiHardNegatives";

/** The inputs of both kernels, by name; `[n, m]` each. */
export interface BoundedPairs {
  /** At the places of positives, how far away a negative still counts, or from where on. */
  readonly bounds: tf.Tensor2D;
  readonly distances: tf.Tensor2D;
  /** 1 or 0. */
  readonly positives: tf.Tensor2D;
  readonly negatives: tf.Tensor2D;
}

/** `[n, m]`, what a kernel finds; null where the active backend does not have it. Not differentiable. */
export function foundByPositives(
  kernel: typeof TripletCounts | typeof SemiHardNegatives,
  pairs: BoundedPairs,
): tf.Tensor2D | null {
  if (!knowsKernel(kernel)) return null;
  return tf.engine().runKernel(kernel, { ...pairs } as unknown as tf.NamedTensorMap) as tf.Tensor2D;
}
