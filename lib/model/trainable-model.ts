import type { CacheConfig } from "../cache/cache-config.js";
import type { AttachedMetric } from "../contracts/metric.js";
import type { Encoder, FrozenEncoder } from "../contracts/encoder.js";
import type { Head } from "../contracts/head.js";
import type { HostTargets } from "../contracts/batch.js";
import type { Kind } from "../contracts/samples.js";
import type { LossContext, SimilarityLoss } from "../contracts/loss.js";
import type { Stage } from "../contracts/metric.js";
import type { Transform } from "../contracts/optimizer.js";
import type { XbmConfig } from "../memory/xbm-config.js";
import type { HostMatrix } from "../tensor/host.js";
import { adamw } from "../optim/index.js";

/** What `processResults` sees of a batch. The arrays are borrowed: copy what must outlive the call. */
export interface Results<K extends Kind> {
  readonly stage: Stage;
  /** Rows in the order of the kind, see `Targets`. */
  readonly embeddings: HostMatrix;
  readonly targets: HostTargets<K>;
  /** Position of the batch in its epoch, from 0. */
  readonly batch: number;
  /** From 0; a validation between two epochs is of the one that has ended. */
  readonly epoch: number;
}

/** A cross-batch memory remembers items of groups and second items of pairs; for other kinds there is none to configure. */
export type XbmFor<K extends Kind> = [K] extends ["group"] | ["pair"] ? XbmConfig | null : null;

/**
 * Describes a model of similarity: subclass it and override the `configure…` methods. Nothing runs when it is constructed; a trainer
 * reads each method once, checks that everything fits, and builds
 *
 * ```text
 * item ─┬─ encoder "text"  ─┐
 *       └─ encoder "title" ─┴─ concat (by name) ── head ── embedding ── loss
 * ```
 *
 * `K` is the kind of samples it learns from, `Item` the type of the things it compares.
 */
export abstract class TrainableModel<K extends Kind, Item> {
  /** The kind and item type, for the compiler alone. */
  declare protected readonly learnsFrom: (kind: K, item: Item) => void;

  /** One encoder, or several by name. Their vectors are concatenated in the order of the names. */
  abstract configureEncoders(): Encoder<Item> | Readonly<Record<string, Encoder<Item>>>;

  /** The layers after the encoders; `inputSize` is the sum of the encoders' sizes. */
  abstract configureHead(inputSize: number): Head;

  /** What good embeddings are. */
  abstract configureLoss(context: LossContext): SimilarityLoss<K>;

  /**
   * A frozen encoder whose vectors the loss compares with, such as a larger model to learn from. It is not part of the trained model; its
   * vectors are cached as those of an encoder called "guide". Default: none.
   */
  configureGuide(): FrozenEncoder<Item> | null {
    return null;
  }

  /** How parameters move. Default: AdamW with learning rate 1e-3. */
  configureOptimizer(): Transform {
    return adamw({ learningRate: 1e-3 });
  }

  /** Numbers to watch, each made by `attach`. Default: none. */
  configureMetrics(): AttachedMetric<K> | readonly AttachedMetric<K>[] {
    return [];
  }

  /** Where vectors of frozen encoders are kept, so that they are computed once. Default: nowhere. */
  configureCaches(): CacheConfig | null {
    return null;
  }

  /** A memory of earlier batches to compare with. Default: none. */
  configureXbm(): XbmFor<K> {
    return null as XbmFor<K>;
  }

  /** Called after each batch of every stage, with borrowed embeddings. Default: does nothing. */
  processResults(_results: Results<K>): void | Promise<void> {}
}
