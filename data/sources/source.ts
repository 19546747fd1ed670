import { UsageError } from "../../lib/errors.js";
import { originAt, type Origin } from "../parsers/origins.js";
import type { Records } from "../parsers/records.js";

/** Samples that can be read one by one at any position, such as images in a folder. */
export interface Dataset<T> {
  /** How many samples there are. */
  readonly length: number;
  /** The same sample each time. */
  at(position: number): T | Promise<T>;
}

/**
 * Where a loader takes samples from: an array, a sized dataset, or something that can be iterated anew for each epoch (an object with
 * `Symbol.asyncIterator`, or a function that makes one, such as an async generator function).
 */
export type Samples<T> = readonly T[] | Dataset<T> | AsyncIterable<T> | (() => AsyncIterable<T>);

/** Samples of known number, read by position. `now` is null when reading takes time. */
export interface SizedSource<T> {
  readonly sized: true;
  readonly length: number;
  read(positions: ArrayLike<number>): readonly T[] | Promise<readonly T[]>;
  readonly now: readonly T[] | null;
  origin(position: number): Origin | null;
}

/** Samples that come one after the other. */
export interface StreamSource<T> {
  readonly sized: false;
  /** From the beginning. */
  open(): AsyncIterable<StreamRow<T>>;
  /** The file that it is read from; null when it is not known to be one. */
  readonly file: string | null;
}

/** A sample of a stream, and where it was read when that is known. */
export interface StreamRow<T> {
  readonly sample: T;
  readonly origin: Origin | null;
}

export type Source<T> = SizedSource<T> | StreamSource<T>;

/** @throws UsageError when the value is nothing samples can be taken from. */
export function openSource<T>(who: string, samples: Samples<T>): Source<T> {
  if (isArray(samples)) return arraySource(samples);
  if (typeof samples === "function") return { sized: false, file: null, open: once(who, samples) };
  if (typeof samples === "object" && samples !== null) {
    if (Symbol.asyncIterator in samples) {
      if (!("blocks" in samples)) return { sized: false, file: null, open: once(who, () => samples) };
      const records = samples as Records<T>;
      return { sized: false, file: records.file, open: () => locatedRows(records) };
    }
    if ("at" in samples && "length" in samples) return datasetSource(who, samples);
  }
  throw new UsageError(
    `${who}: expected samples as an array, a dataset ({ length, at(position) }), something with Symbol.asyncIterator or an async ` +
      `generator function, got ${samples === null ? "null" : typeof samples}`,
  );
}

/** `Array.isArray` that knows arrays that cannot be changed. */
function isArray<T>(samples: Samples<T>): samples is readonly T[] {
  return Array.isArray(samples);
}

function arraySource<T>(samples: readonly T[]): SizedSource<T> {
  return {
    sized: true,
    length: samples.length,
    now: samples,
    read(positions) {
      const read = new Array<T>(positions.length);
      for (let i = 0; i < positions.length; i += 1) read[i] = samples[positions[i]!]!;
      return read;
    },
    origin: (position) => originAt(samples, position),
  };
}

function datasetSource<T>(who: string, dataset: Dataset<T>): SizedSource<T> {
  if (!Number.isInteger(dataset.length) || dataset.length < 0) {
    throw new UsageError(`${who}: the length of a dataset is a whole number, got ${String(dataset.length)}`);
  }
  return {
    sized: true,
    length: dataset.length,
    now: null,
    read: (positions) => Promise.all(Array.from(positions, (position) => dataset.at(position))),
    origin: () => null,
  };
}

async function* locatedRows<T>(records: Records<T>): AsyncGenerator<StreamRow<T>, void, undefined> {
  for await (const block of records.blocks()) {
    for (let i = 0; i < block.records.length; i += 1) {
      yield { sample: block.records[i]!, origin: { file: records.file, line: block.lines[i] ?? 0 } };
    }
  }
}

/** Opens a stream again and again, and refuses one that gives the iterator it has given before, because that one is used up. */
function once<T>(who: string, make: () => AsyncIterable<T>): () => AsyncIterable<StreamRow<T>> {
  const used = new WeakSet();
  return () => ({
    async *[Symbol.asyncIterator]() {
      const iterator = make()[Symbol.asyncIterator]();
      if (used.has(iterator)) {
        throw new UsageError(
          `${who}: the samples can be read only once and have been read already (an epoch, or counting groups, is one reading); give ` +
            `the async generator function itself instead of what it returned, or something that can be iterated again`,
        );
      }
      used.add(iterator);
      for await (const sample of { [Symbol.asyncIterator]: () => iterator }) yield { sample, origin: null };
    },
  });
}
