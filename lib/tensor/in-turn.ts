import type * as tf from "./tf.js";

/**
 * Computes something in steps, each from the result of the one before, which is disposed: of a chain of matrices only two are held at
 * once. Not differentiable: use it inside `tf.customGrad` or `withoutGradient`. A step must not give back what it was given.
 */
export function inTurn<T extends tf.Tensor>(first: T, ...steps: readonly ((before: T) => tf.Tensor)[]): T {
  let held = first;
  for (const step of steps) {
    const next = step(held) as T;
    held.dispose();
    held = next;
  }
  return held;
}
