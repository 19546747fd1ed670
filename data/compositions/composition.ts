import type { Kind, Sample } from "../../lib/contracts/samples.js";
import type { Random } from "../../lib/random.js";
import type { Key } from "../samplers/distinct.js";
import type { Positions } from "../samplers/plain.js";

/** How the training batches of a loader are put together. */
export interface Composition<K extends Kind, Item> {
  /** Batches an epoch of so many samples has; null when only reading them would tell. */
  count(length: number): number | null;
  /** An epoch of a source of known length. */
  positions(length: number, random: Random): Iterable<Positions> | Promise<Iterable<Positions>>;
  /** What items must not share within a batch; null when they may. */
  readonly key: ((item: Item) => Key) | null;
  /** An epoch of a stream, or of samples with something else in place of items, which has the keys of these. */
  stream<Of>(
    samples: AsyncIterable<Sample<K, Of>>,
    random: Random,
    key: (item: Of) => Key,
  ): AsyncIterable<readonly Sample<K, Of>[]>;
  /** `dropLast` leaves out batches of fewer samples. */
  readonly wholeBatch: number;
}

/** What compositions are told by the loader's options. */
export interface BatchSettings {
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  readonly shuffleBuffer: number;
}

/** Batches that a number of samples gives when they are only cut. */
export function cutCount(length: number, { batchSize, dropLast }: BatchSettings): number {
  return dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
}
