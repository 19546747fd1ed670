import type * as tf from "../tensor/tf.js";
import type { TensorTree } from "../tensor/tree.js";
import type { Random } from "../random.js";
import { Part, type Init, type Mode, type Output } from "./part.js";

/** The layers between the concatenated encoder vectors and the embedding. Pure: parameters come in as a tree. */
export abstract class Head<Parameters extends TensorTree = TensorTree> extends Part {
  /** Width of the vectors that come in: all encoders' together. */
  abstract readonly inputSize: number;
  /** Width of the embedding. */
  abstract readonly outputSize: number;
  /** Called when a tfjs backend is ready, before `apply` runs or is recorded for the first time. Default: does nothing. */
  prepare(): void {}
  /** Numbers that training starts from. */
  abstract initialize(random: Random): Init;
  /** `[n, inputSize] -> [n, outputSize]`. */
  abstract apply(parameters: Parameters, vectors: tf.Tensor2D, mode: Mode): Output;
}
