import type { Mode } from "../lib/contracts/part.js";
import { dropout } from "../lib/tensor/dropout.js";
import type * as tf from "../lib/tensor/tf.js";

/** What every head can do to its input. */
export interface HeadOptions {
  /** Share of the input's numbers that are set to zero in training, from 0 to less than 1. Default 0. */
  readonly dropout?: number;
}

/** Dropout in training, nothing otherwise. */
export function droppedOut(vectors: tf.Tensor2D, rate: number, { training, noise }: Mode): tf.Tensor2D {
  return training && rate > 0 ? dropout(vectors, rate, noise.uniform(vectors.shape)) : vectors;
}
