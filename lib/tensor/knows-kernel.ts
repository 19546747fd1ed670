import * as tf from "./tf.js";

/** Whether the active backend has a kernel, such as one of this library's own. */
export function knowsKernel(name: string): boolean {
  return ((tf.getKernel(name, tf.getBackend()) as tf.KernelConfig | null | undefined) ?? null) !== null;
}
