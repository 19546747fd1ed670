import type { Random } from "../random.js";
import type { Batch } from "./batch.js";
import type { Group, Kind } from "./samples.js";

/** Which epoch a loader is asked for. The same request gives the same batches. */
export interface EpochRequest {
  /** From 0. */
  readonly epoch: number;
  /** The stream of this loader and seed; the loader forks it by epoch. */
  readonly random: Random;
  /** Shuffle, augment, balance. Off for validation, for filling caches and for prediction. */
  readonly training: boolean;
  /** Batches to leave out at the start (resuming mid-epoch). Default 0. */
  readonly skip?: number;
}

/** Gives batches, epoch after epoch. */
export abstract class Loader<K extends Kind, out Item> {
  /** What its samples are. */
  abstract readonly kind: K;
  /** Batches of one training epoch, give or take the few that balancing or leaving out duplicates may add; null when unknown beforehand. */
  abstract readonly batchesPerEpoch: number | null;
  /** One epoch of batches; may be called again, also for the same epoch. */
  abstract epoch(request: EpochRequest): AsyncIterable<Batch<K, Item>>;
  /** Every item once, unshuffled and without augmentation: for fitting encoders and filling caches. */
  abstract items(): AsyncIterable<Item>;
  /** Distinct groups in first-seen order; empty for other kinds. */
  abstract groups(): Promise<readonly Group[]>;
  /** True when items differ from epoch to epoch (`augment`), so that their vectors cannot be cached. */
  abstract readonly augmented: boolean;
}
