import { callback, count, flag, optionProblems, type Check, type Problem } from "../../lib/contracts/options.js";
import type { Random } from "../../lib/random.js";
import type { BatchSettings } from "../compositions/composition.js";

/** Where in a training run an item is. */
export interface AugmentPlace {
  /** From 0, as are batches of an epoch. */
  readonly epoch: number;
  readonly batch: number;
}

/** Changes an item; all randomness has to come from `random`. By `place` it may start later: leave the items of the first epoch as they are. */
export type Augment<Item> = (item: Item, random: Random, place: AugmentPlace) => Item | Promise<Item>;

/** Options of every loader. */
export interface LoaderOptions<Item> {
  /** Samples a batch. Default 64. */
  readonly batchSize?: number;
  /** New order each training epoch. Default true; validation keeps the order of the source. */
  readonly shuffle?: boolean;
  /** Leave out training batches smaller than `batchSize`. Default false. */
  readonly dropLast?: boolean;
  /** Make the next batch while the current one is used. Default true, but false for arrays, where nothing is waited for. */
  readonly prefetch?: boolean;
  /** Changes items in training, differently each epoch: noise, crops, dropped words. Vectors of such items are not cached. */
  readonly augment?: Augment<Item>;
  /**
   * For streams: whether they give the same samples each time they are opened, so that epochs need not read them while every encoder is
   * cached. Default: what `readCsv` and `readJsonLines` give is read twice and compared, then not read until the file changes; other streams
   * are read in every epoch. False for a `map` or `filter` that does something else in later epochs.
   */
  readonly repeats?: boolean;
  /** Samples held to shuffle a source of unknown length. Default 10,000, or `batchSize` when that is more. */
  readonly shuffleBuffer?: number;
}

/** Options with their defaults. */
export interface LoaderSettings<Item> extends BatchSettings {
  /** Null: for sources that have to be waited for. */
  readonly prefetch: boolean | null;
  readonly augment: Augment<Item> | null;
  /** Null: a file may be compared. */
  readonly repeats: boolean | null;
}

const CHECKS: Readonly<Record<keyof LoaderOptions<unknown>, Check>> = {
  batchSize: count,
  shuffle: flag,
  dropLast: flag,
  prefetch: flag,
  augment: callback,
  repeats: flag,
  shuffleBuffer: count,
};

/** Batch size where none is given. */
export const BATCH_SIZE = 64;

/** The problems of the options that all loaders have, and of those that only this one has (`more`). */
export function loaderProblems(options: object, more: Readonly<Record<string, Check>> = {}): Problem[] {
  const { batchSize = BATCH_SIZE, shuffleBuffer } = options as LoaderOptions<unknown>;
  return [
    ...optionProblems(options, { ...CHECKS, ...more }),
    shuffleBuffer !== undefined && shuffleBuffer < batchSize
      ? `shuffleBuffer: expected at least batchSize (${batchSize}), got ${shuffleBuffer}`
      : null,
  ];
}

/** The options that all loaders have, with their defaults. */
export function loaderSettings<Item>(options: LoaderOptions<Item>): LoaderSettings<Item> {
  const { batchSize = BATCH_SIZE, shuffle = true, dropLast = false, prefetch = null, augment = null } = options;
  const { repeats = null, shuffleBuffer = Math.max(10_000, batchSize) } = options;
  return Object.freeze({ batchSize, shuffle, dropLast, prefetch, augment, repeats, shuffleBuffer });
}
