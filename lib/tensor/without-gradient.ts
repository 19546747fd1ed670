import * as tf from "./tf.js";

/**
 * Computes something that no gradient goes through: what it returns is a constant to whoever differentiates. It may use operations
 * without a gradient, such as sorting.
 */
export function withoutGradient<T>(compute: () => T): T {
  const { state } = tf.engine();
  // tfjs does not record what happens inside a kernel.
  state.kernelDepth += 1;
  try {
    return compute();
  } finally {
    state.kernelDepth -= 1;
  }
}
