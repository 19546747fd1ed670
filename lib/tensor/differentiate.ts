import { backpropagate } from "./backpropagate.js";
import { completeGradients } from "./gradients.js";
import * as tf from "./tf.js";
import type { Tensors } from "./tree.js";

/** A scalar with the gradients of each parameter and whatever else was computed on the way. All owned by the caller. */
export interface Differentiated<Rest extends Record<string, tf.Tensor | undefined>> {
  readonly value: tf.Scalar;
  /** Same names and shapes as the parameters; zeros where the value does not depend on one. */
  readonly gradients: Record<string, tf.Tensor>;
  readonly rest: Rest;
}

/**
 * Gradient of `compute(parameters).value`, keeping the side results that tfjs would dispose with the forward pass.
 * Call it inside `tf.tidy`, or dispose what it returns. When `compute` or the way back throws, nothing is left behind.
 */
export function differentiate<Rest extends Record<string, tf.Tensor>>(
  parameters: Tensors,
  compute: (parameters: Tensors) => { value: tf.Scalar; rest: Rest },
): Differentiated<Rest> {
  completeGradients();
  const names = Object.keys(parameters);
  const given = names.map((name) => parameters[name] as tf.Tensor);
  const kept: Record<string, tf.Tensor> = {};
  const forward = (): tf.Scalar => {
    const { value, rest } = compute(parameters);
    for (const [name, tensor] of Object.entries(rest)) kept[name] = tf.keep(tf.clone(tensor));
    // A parameter itself must not become the caller's to dispose.
    return given.includes(value) ? tf.clone(value) : value;
  };
  const whole = (): Differentiated<Rest> => {
    const { value, slopes } = given.length === 0 ? { value: forward(), slopes: [] } : backpropagate(forward, given);
    const gradients: Record<string, tf.Tensor> = {};
    names.forEach((name, position) => {
      gradients[name] = slopes[position] ?? tf.zerosLike(given[position] as tf.Tensor);
    });
    // Cloned so that the enclosing tidy owns them: kept tensors belong to no scope.
    const rest = Object.fromEntries(Object.entries(kept).map(([name, tensor]) => [name, tf.clone(tensor)])) as Rest;
    return { value, gradients, rest };
  };
  try {
    return tf.tidy(whole as () => never);
  } finally {
    tf.dispose(kept);
  }
}
