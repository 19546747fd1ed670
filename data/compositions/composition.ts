import type { Random } from "../../lib/random.js";
import type { Positions } from "../samplers/plain.js";

/** How the training batches of a loader are put together. */
export interface Composition<S> {
  /** Batches an epoch of so many samples has; null when only reading them would tell. */
  count(length: number): number | null;
  /** An epoch of a source of known length. */
  positions(length: number, random: Random): Iterable<Positions> | Promise<Iterable<Positions>>;
  /** An epoch of a stream. */
  stream(samples: AsyncIterable<S>, random: Random): AsyncIterable<readonly S[]>;
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
