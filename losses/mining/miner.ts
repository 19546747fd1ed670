import type { Distance } from "../../lib/contracts/distance.js";
import { Part, type Noise } from "../../lib/contracts/part.js";
import type { PairMasks } from "../../lib/tensor/masks.js";
import type * as tf from "../../lib/tensor/tf.js";

/** What is left of a batch after mining. */
export interface Mined extends PairMasks {
  /**
   * Which triplets of a positive and a negative of one row count, when not all of them do; pair losses do not look at it. A pair that
   * is in several triplets has their number in `positives` and `negatives`.
   */
  readonly triplets?: TripletChoice;
}

/** Which negatives each positive is in a triplet with; `[n, m]`, at the place of the positive. */
export interface TripletChoice {
  /** The pairs, 0 or 1, that the triplets are made of. Default those that are counted. */
  readonly of?: PairMasks;
  /** Only negatives that are farther than this. */
  readonly above?: tf.Tensor2D;
  /** Only negatives that are as far as this, or nearer. */
  readonly upTo?: tf.Tensor2D;
  /** Instead of distances: the column of the one negative that each positive is in a triplet with. */
  readonly negative?: tf.Tensor2D;
  /** Instead of all of these: the triplets themselves. */
  readonly listed?: ListedTriplets;
}

/** So many triplets of each anchor; `[n, k]`. */
export interface ListedTriplets {
  /** Columns of the positives, int32. */
  readonly positives: tf.Tensor2D;
  /** Columns of the negatives, int32. */
  readonly negatives: tf.Tensor2D;
  /** How often each triplet counts; 0 where there is none. */
  readonly counts: tf.Tensor2D;
}

/** What a miner may look at besides distances. */
export interface MiningContext {
  /** `[n, d]`, the embeddings of the anchors. */
  readonly rows: tf.Tensor2D;
  /** `[m, d]`, the embeddings they are compared with: the same, or remembered ones. */
  readonly columns: tf.Tensor2D;
  /** What the distances are. */
  readonly distance: Distance;
  /** Random numbers of this step. */
  readonly noise: Noise;
}

/**
 * Chooses the pairs or triplets of a batch that a loss looks at. Any miner goes with any `DistanceMatrixLoss`, within a batch and
 * against a memory. It is run without a gradient, so it may sort and compare; like a loss it must be traceable: masks, no
 * data-dependent shapes, no `dataSync`.
 *
 * A miner of your own must be known by name before a model with it is trained, because training makes sure that a model can be loaded
 * again: see `registerMiner`.
 */
export abstract class Miner extends Part {
  /** True when it leaves a row one positive and one negative at most, so that only those need a gradient. Default false. */
  readonly single: boolean = false;
  /**
   * `[n, m]` distances and masks of 0 and 1 to masks of what was chosen, which are 0 wherever the given ones are; float32, though losses
   * read bool and int32 as float32, too.
   */
  abstract mine(distances: tf.Tensor2D, masks: PairMasks, context: MiningContext): Mined;
}
