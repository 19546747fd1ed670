import type { Random } from "../random.js";
import { show } from "../show.js";
import type { Batch } from "./batch.js";
import type { Problem } from "./options.js";
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

/** Some items and their places; null when they are more than can be remembered, of these and of all that follow. */
export interface PlaceBlock<out Item> {
  readonly places: readonly number[] | null;
  readonly items: readonly Item[];
}

/** What limits places. */
export interface PlaceOptions {
  /** Items of a stream that may be remembered. Default all. */
  readonly maxStreamItems?: number;
}

/**
 * What a loader gives with a place, a whole number from 0, instead of each item: nothing is read that was read before. Only the targets of
 * samples are kept.
 */
export interface ItemPlaces<K extends Kind, out Item> {
  /** Items in all, repeated ones included; null when only reading them tells. */
  readonly itemCount: number | null;
  /** The batches that the loader gives for the same request. */
  epoch(request: EpochRequest): AsyncIterable<Batch<K, number>>;
  /** Every item once, in the order of `Loader.items`, some at a time. */
  blocks(): AsyncIterable<PlaceBlock<Item>>;
  /** The items at places that were given, read again. */
  read(places: readonly number[]): Promise<readonly Item[]>;
  /**
   * Of streams, whose places are known once `blocks` has come to its end: why the loader's own `epoch` and items are to be asked instead, as
   * after a file was changed; null when nothing speaks against places. Asked before each epoch; absent where nothing ever does.
   */
  problem?(): Promise<string | null>;
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
  /** For runs whose vectors are all cached: places of items instead of items. Null, the default, when the loader has no such thing. */
  places(_options?: PlaceOptions): ItemPlaces<K, Item> | null {
    return null;
  }
}

/** What is wrong with a value that should be a loader. */
export function loaderProblem(name: string, value: unknown): Problem {
  const given = (typeof value === "object" ? value : null) as {
    readonly epoch?: unknown;
    readonly items?: unknown;
  } | null;
  if (typeof given?.epoch === "function" && typeof given.items === "function") return null;
  const what = Array.isArray(value) ? "an array; give it to a loader" : show(value);
  return `${name}: expected a loader, such as PairLoader or GroupLoader of likewise/data, got ${what}`;
}
