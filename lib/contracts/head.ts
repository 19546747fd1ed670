import type { HostMatrix } from "../tensor/host.js";
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

/**
 * A head that learns statistics (such as a mean) of the vectors that come in before training. What it learns stands in its `weights`, and
 * in the state that `initialize` gives from then on, with the same names and shapes as before.
 */
export interface FittableHead {
  /** Whether it has learned them, or needs none. */
  readonly fitted: boolean;
  /** Called once, before the first step, with what the encoders give for every train item; afterwards `fitted` is true. */
  fit(vectors: TrainVectors): Promise<void>;
}

/** Reads the vectors of all train items, some at a time, from the start each time it is called. */
export type TrainVectors = () => AsyncIterable<VectorRows>;

/** Vectors of some items, with their ways where an encoder sends items different ways. */
export interface VectorRows extends HostMatrix {
  readonly routes?: { readonly names: readonly string[]; readonly ids: Int32Array };
}

/** Whether a head wants to see vectors before training. */
export function isFittableHead(head: Head): head is Head & FittableHead {
  return "fit" in head && "fitted" in head;
}
