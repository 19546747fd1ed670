import type { Targets } from "../lib/contracts/batch.js";
import type { Distance } from "../lib/contracts/distance.js";
import { SimilarityLoss, type LossValue, type Memory, type UsesMemory } from "../lib/contracts/loss.js";
import { masksAgainst, masksWithin, type PairMasks } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";

/**
 * A loss over groups that asks for nothing but distances: of every row of the batch to every other, or to every remembered row.
 * A subclass says what it costs that a row is as far from its positives and from its negatives as it is.
 */
export abstract class DistanceMatrixLoss extends SimilarityLoss<"group"> implements UsesMemory {
  readonly kind = "group";
  readonly separable = false;
  abstract override readonly distance: Distance;

  override compute(_parameters: TensorTree, embeddings: tf.Tensor2D, { groups }: Targets<"group">): LossValue {
    return this.judge(this.distance.matrix(embeddings, embeddings), masksWithin(groups));
  }

  /** The same with positives and negatives from the memory alone; the anchors are the rows of the batch. */
  computeAgainst(
    _parameters: TensorTree,
    embeddings: tf.Tensor2D,
    { groups }: Targets<"group">,
    memory: Memory,
  ): LossValue {
    const distances = this.distance.matrix(embeddings, rememberedRows(memory));
    return this.judge(distances, masksAgainst(groups, memory.groups, memory.valid));
  }

  /** The loss of `[n, m]` distances, given which columns are positives and negatives of each row. */
  protected abstract judge(distances: tf.Tensor2D, masks: PairMasks): LossValue;
}

/** `[m, d]`, the remembered rows, with zeros where a row is not valid, whatever the buffer holds there. */
function rememberedRows({ embeddings, valid }: Memory): tf.Tensor2D {
  return tf.where(tf.greater(tf.expandDims(valid, 1), 0), embeddings, tf.zerosLike(embeddings));
}
