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
 * Call it inside `tf.tidy`, or dispose what it returns.
 */
export function differentiate<Rest extends Record<string, tf.Tensor>>(
  parameters: Tensors,
  compute: (parameters: Tensors) => { value: tf.Scalar; rest: Rest },
): Differentiated<Rest> {
  const names = Object.keys(parameters);
  const given = names.map((name) => parameters[name] as tf.Tensor);
  const kept: Record<string, tf.Tensor> = {};
  if (given.length === 0) {
    const { value, rest } = compute(parameters);
    return { value, gradients: {}, rest };
  }
  const forward = (): tf.Scalar => {
    const { value, rest } = compute(parameters);
    for (const [name, tensor] of Object.entries(rest)) kept[name] = tf.keep(tf.clone(tensor));
    return value;
  };
  const { value, grads } = tf.engine().gradients(forward, given, undefined, true);
  // Cloned so that the enclosing tidy owns them: kept tensors belong to no scope.
  const rest = Object.fromEntries(
    Object.entries(kept).map(([name, tensor]) => {
      const owned = tf.clone(tensor);
      tensor.dispose();
      return [name, owned];
    }),
  ) as Rest;
  const gradients: Record<string, tf.Tensor> = {};
  names.forEach((name, position) => {
    gradients[name] = (grads[position] as tf.Tensor | null) ?? tf.zerosLike(given[position] as tf.Tensor);
  });
  return { value: value as tf.Scalar, gradients, rest };
}
