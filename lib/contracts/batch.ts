import type * as tf from "../tensor/tf.js";
import type { Group, Kind } from "./samples.js";

/**
 * What a batch says about its embeddings, by kind. Row order of the embeddings:
 * - `pair`, p pairs: rows 0..p-1 are the `a`s, rows p..2p-1 the `b`s; pair i is (i, p + i).
 * - `group`: one row a sample.
 * - `tuple`: the n anchors, then all P positives, then all N negatives, each with the row of its anchor as owner.
 * - `label`: one row a sample.
 */
export interface TargetTable<Floats, Integers, Groups> {
  /** Of p pairs. */
  pair: {
    /** `[p]`, the scores. */
    readonly labels: Floats;
    /** `[2p]`, one for each row. */
    readonly subgroups: Integers;
  };
  /** Of n items. */
  group: {
    /** `[n]`, equal where items belong together. */
    readonly groups: Groups;
  };
  /** Of n anchors with P positives and N negatives together. */
  tuple: {
    /** `[P]`, the anchor's row for each positive. */
    readonly positiveOwners: Integers;
    /** `[N]`, the anchor's row for each negative. */
    readonly negativeOwners: Integers;
    /** `[P + N]`, the relevance of each positive, then of each negative. */
    readonly scores: Floats;
  };
  /** Of n items. */
  label: {
    /** `[n]`, what is to be predicted. */
    readonly labels: Floats;
  };
}

/** Targets as the loss sees them. */
export type Targets<K extends Kind> = TargetTable<tf.Tensor1D, tf.Tensor1D, tf.Tensor1D>[K];
/** Targets as metrics and `processResults` see them; groups are positions in the vocabulary of the train loader. */
export type HostTargets<K extends Kind> = TargetTable<Float32Array, Int32Array, Int32Array>[K];
/** Targets as loaders give them; groups are still the user's labels. */
export type LoadedTargets<K extends Kind> = TargetTable<Float32Array, Int32Array, readonly Group[]>[K];

/** Items and targets of one step. */
export interface Batch<K extends Kind, Item> {
  /** What the samples were. */
  readonly kind: K;
  /** In the row order of the embeddings, see `TargetTable`. */
  readonly items: readonly Item[];
  /** What is known of them. */
  readonly targets: LoadedTargets<K>;
  /** Number of samples (pairs, tuples, items). */
  readonly size: number;
  /** Position in the epoch, from 0. */
  readonly position: number;
  /** Which of several datasets it is from, when a loader mixes them. */
  readonly dataset?: string;
}
