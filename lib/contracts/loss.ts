import type * as tf from "../tensor/tf.js";
import type { TensorTree } from "../tensor/tree.js";
import type { Random } from "../random.js";
import type { Targets } from "./batch.js";
import type { Distance } from "./distance.js";
import { Part, type Init, type Noise } from "./part.js";
import type { Group, Kind } from "./samples.js";

/** What a loss returns. */
export interface LossValue {
  /** The mean over `weight` units. */
  readonly value: tf.Scalar;
  /** How many units were averaged; accumulated and parallel gradients are weighed by it. A bare scalar counts as 1. */
  readonly weight: tf.Scalar;
  /** Named parts of the value, for the log. */
  readonly terms?: Readonly<Record<string, tf.Scalar>>;
}

/** From the least to the greatest, both included. */
export type ScoreRange = readonly [least: number, greatest: number];

/** What is known of the model when the loss is made. */
export interface LossContext {
  /** Width of the head's output. */
  readonly embeddingSize: number;
  /** Every group of the train loader, in first-seen order; empty for other kinds. */
  readonly groups: readonly Group[];
  /** Width of the vectors of the model's guide; null without one. */
  readonly guideSize: number | null;
}

/** Judges embeddings against targets. Pure and traceable: masks, no data-dependent shapes, no `dataSync`. */
export abstract class SimilarityLoss<K extends Kind, Parameters extends TensorTree = TensorTree> extends Part {
  /** The kind of samples it learns from. */
  abstract readonly kind: K;
  /** True when the loss of a batch is the mean over its samples, so that a batch may be cut; false for in-batch comparisons. */
  abstract readonly separable: boolean;
  /** True when groups are rows of the loss's own parameters, so that an unseen group is an error. */
  readonly closedVocabulary: boolean = false;
  /** How many groups it has parameters for; more of them in the train loader are an error. Null = any number. */
  readonly groupCount: number | null = null;
  /** True when the loss reads what a frozen encoder, the model's guide, makes of the same items. */
  readonly usesGuide: boolean = false;
  /** Least and greatest score of a pair that the loss can learn from; a batch with another one is an error. */
  readonly scoreRange: ScoreRange = [0, 1];
  /** The distance the loss trains for, which evaluation then uses; null when it has none. */
  abstract readonly distance: Distance | null;
  /** Parameters of the loss itself, such as proxies; they are trained with the model's. */
  initialize(_random: Random): Init {
    return { parameters: {} };
  }
  /**
   * The loss of a batch: rows and targets in the order of the kind, see `Targets`. `noise` is there whenever a model runs it, and so is
   * `guide` `[rows, guideSize]`, the guide's vectors of the same items, for a loss that uses it.
   */
  abstract compute(
    parameters: Parameters,
    embeddings: tf.Tensor2D,
    targets: Targets<K>,
    noise?: Noise,
    guide?: tf.Tensor2D,
  ): LossValue | tf.Scalar;
}

/** Rows of earlier batches. */
export interface Memory {
  /** `[m, d]`, without gradient; finite everywhere, also in rows that are not valid. */
  readonly embeddings: tf.Tensor2D;
  /** `[m]` int32, the group of each; zeros for pairs. */
  readonly groups: tf.Tensor1D;
  /** `[m]`, 1 where the row may be compared with, 0 where the buffer is not yet filled and where the item is in the batch itself. */
  readonly valid: tf.Tensor1D;
}

/** The kinds of samples whose embeddings can be remembered: all rows of groups, the `b`s of pairs. */
export type RememberedKind = "group" | "pair";

/** The capability a cross-batch memory needs: compare the batch with remembered rows. */
export interface UsesMemory<K extends RememberedKind = "group"> {
  /**
   * True when only the directions of rows count, of the batch's and of remembered ones, never their lengths: they are then remembered with
   * length 1, and a step need not divide thousands of them by their lengths again. Default false.
   */
  readonly remembersDirections?: boolean;
  /** The loss of the batch's rows against remembered rows: of groups alone, of pairs as negatives beside each row's own positive. */
  computeAgainst(
    parameters: TensorTree,
    embeddings: tf.Tensor2D,
    targets: Targets<K>,
    memory: Memory,
    noise?: Noise,
  ): LossValue | tf.Scalar;
}

/** Whether a loss can compare with remembered rows. */
export function usesMemory(loss: object): loss is UsesMemory<RememberedKind> {
  return "computeAgainst" in loss;
}

/** The capability to bound the memory of a step: encoders and head run on so many rows at a time, the loss sees all of them. */
export interface UsesChunks {
  /** Rows at a time. */
  readonly chunkSize: number;
}

/** Whether a loss asks for a step in chunks. */
export function usesChunks(loss: object): loss is UsesChunks {
  return "chunkSize" in loss;
}

/** The capability to judge the batches of each dataset by a loss of its own, see `Batch.dataset`. */
export interface UsesDatasets<K extends Kind = Kind> {
  /** Tells such losses from others that are made of several. */
  readonly byDataset: true;
  /** By name of the dataset; the parameters of each are below that name. */
  readonly losses: Readonly<Record<string, SimilarityLoss<K>>>;
}

/** Whether a loss has another loss for each dataset. */
export function usesDatasets<K extends Kind>(loss: SimilarityLoss<K>): loss is SimilarityLoss<K> & UsesDatasets<K> {
  return "byDataset" in loss && loss.byDataset === true;
}
