import { unitRows } from "../lib/tensor/rows.js";
import * as tf from "../lib/tensor/tf.js";

/** How the vectors of a text's tokens become one: their mean, the first, the last; or the model gives one vector itself. */
export type Pooling = "mean" | "cls" | "last" | "none";

export const POOLINGS: readonly Pooling[] = ["mean", "cls", "last", "none"];

/** `[n, tokens, size]` of which `lengths` count -> `[n, size]` into `target`. */
export function pool(
  values: Float32Array,
  lengths: readonly number[],
  tokens: number,
  size: number,
  pooling: Pooling,
): Float32Array {
  if (pooling === "none") return values.slice(0, lengths.length * size);
  const rows = new Float32Array(lengths.length * size);
  lengths.forEach((length, row) => {
    const at = (token: number): number => (row * tokens + token) * size;
    if (pooling !== "mean") {
      const token = pooling === "cls" ? 0 : Math.max(0, length - 1);
      rows.set(values.subarray(at(token), at(token) + size), row * size);
      return;
    }
    for (let i = 0; i < size; i += 1) {
      let sum = 0;
      for (let token = 0; token < length; token += 1) sum += values[at(token) + i]!;
      rows[row * size + i] = length === 0 ? 0 : sum / length;
    }
  });
  return rows;
}

/** Divides every row by its length; zero rows stay zero. */
export function normalizeRows(rows: Float32Array, size: number): Float32Array {
  for (let start = 0; start < rows.length; start += size) {
    let squares = 0;
    for (let i = start; i < start + size; i += 1) squares += rows[i]! * rows[i]!;
    if (squares <= 1e-30) rows.fill(0, start, start + size);
    else for (let i = start, scale = 1 / Math.sqrt(squares); i < start + size; i += 1) rows[i]! *= scale;
  }
  return rows;
}

/** The same as `pool` and `normalizeRows` in tensors: values `[n, tokens, size]`, mask `[n, tokens]` of 0 and 1. */
export function poolTensors(
  values: tf.Tensor,
  mask: tf.Tensor2D | undefined,
  pooling: Pooling,
  normalize: boolean,
): tf.Tensor2D {
  const pooled = mask === undefined || pooling === "none" ? (values as tf.Tensor2D) : weighed(values, mask, pooling);
  return normalize ? unitRows(pooled) : pooled;
}

function weighed(values: tf.Tensor, mask: tf.Tensor2D, pooling: Pooling): tf.Tensor2D {
  const counted = tf.cast(mask, "float32");
  const position = tf.cumsum(counted, 1); // 1, 2, … at tokens that count
  const last = tf.sum(counted, 1, true); // [n, 1]
  const chosen = (at: tf.Tensor | number): tf.Tensor => tf.mul(counted, tf.cast(tf.equal(position, at), "float32"));
  const weights = pooling === "mean" ? tf.div(counted, tf.maximum(last, 1)) : chosen(pooling === "cls" ? 1 : last);
  return tf.sum(tf.mul(values, tf.expandDims(weights, 2)), 1) as tf.Tensor2D;
}
