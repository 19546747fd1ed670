import * as tf from "./tf.js";

/** What rows were made of: `inputs · kernel + bias`. */
export interface Linear {
  /** `[n, d]`, depends on nothing that is trained. */
  readonly inputs: tf.Tensor2D;
  /** `[d, e]` */
  readonly kernel: tf.Tensor2D;
  /** `[e]`; null where there is none. */
  readonly bias: tf.Tensor1D | null;
}

/** Tensors that nothing that is trained has a part in. */
const given = new WeakSet<tf.Tensor>();
const known = new WeakMap<tf.Tensor, Linear>();

/** Says that a tensor depends on nothing that is trained. */
export function declareGiven(tensor: tf.Tensor): void {
  given.add(tensor);
}

/** `[n, d] -> [n, e]`, `inputs · kernel + bias`. Of inputs that were declared given it is remembered, see `linearOf`. */
export function linear(inputs: tf.Tensor2D, kernel: tf.Tensor2D, bias: tf.Tensor1D | null): tf.Tensor2D {
  const mapped: tf.Tensor2D = tf.matMul(inputs, kernel);
  const rows: tf.Tensor2D = bias === null ? mapped : tf.add<tf.Tensor2D>(mapped, bias);
  if (given.has(inputs)) known.set(rows, { inputs, kernel, bias });
  return rows;
}

/** What rows are a linear map of, for losses whose gradient by the map is cheaper than the way over the rows; null when not known. */
export function linearOf(rows: tf.Tensor2D): Linear | null {
  return known.get(rows) ?? null;
}
