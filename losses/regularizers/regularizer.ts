import { Part } from "../../lib/contracts/part.js";
import type * as tf from "../../lib/tensor/tf.js";

/**
 * Says what vectors cost by themselves, whatever belongs together: embeddings of a batch, or the trained vectors of a loss that has one or
 * several a group. `RegularizedLoss` adds it to a loss. Must be traceable.
 *
 * A regularizer of your own must be known by name before a model with it is trained, because training makes sure that a model can be
 * loaded again: see `registerRegularizer`.
 */
export abstract class Regularizer extends Part {
  /** `[n, d] -> [n]`, what each row costs. Of the vectors of a loss those of a group stand together, `perGroup` each; else it is 1. */
  abstract penalties(rows: tf.Tensor2D, perGroup: number): tf.Tensor1D;
}
