import type { Memory } from "../lib/contracts/loss.js";
import * as tf from "../lib/tensor/tf.js";

/** `[m, d]`, the remembered rows, with zeros where a row is not valid, whatever the buffer holds there. */
export function rememberedRows({ embeddings, valid }: Memory): tf.Tensor2D {
  return tf.where(tf.greater(tf.expandDims(valid, 1), 0), embeddings, tf.zerosLike(embeddings));
}
