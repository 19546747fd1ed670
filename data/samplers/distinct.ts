import type { Positions } from "./plain.js";

/** What makes two items the same. */
export type Key = number | string;

/**
 * Puts entries into batches in which no key occurs twice (within one entry it may). An entry that collides waits and comes first in
 * later batches, so that none is lost; when only colliding ones are left, the last batches are smaller.
 */
export class DistinctPacker<T> {
  readonly #batchSize: number;
  readonly #keysOf: (entry: T) => ArrayLike<Key>;
  readonly #mostWaiting: number;
  /** Waiting entries by a key that they share with an earlier entry. */
  readonly #waiting = new Map<Key, T[]>();
  #waitingCount = 0;
  #batch: T[] = [];
  #used = new Set<Key>();
  #full: T[][] = [];

  /** When more than `mostWaiting` entries wait, batches are closed before they are full. */
  constructor(batchSize: number, keysOf: (entry: T) => ArrayLike<Key>, mostWaiting = Infinity) {
    this.#batchSize = batchSize;
    this.#keysOf = keysOf;
    this.#mostWaiting = mostWaiting;
  }

  add(entry: T): void {
    const blocker = this.#blocker(entry);
    if (blocker === undefined) {
      this.#place(entry);
      if (this.#batch.length === this.#batchSize) this.#close();
    } else {
      this.#wait(blocker, entry);
      if (this.#waitingCount > this.#mostWaiting) this.#close();
    }
  }

  /** Batches finished since the last call. */
  take(): readonly (readonly T[])[] {
    const full = this.#full;
    if (full.length > 0) this.#full = [];
    return full;
  }

  /** Finishes with what is left. */
  finish(): void {
    while (this.#batch.length > 0) this.#close();
  }

  /** Ends the batch and begins the next with entries that wait, as often as those fill one. */
  #close(): void {
    do {
      this.#full.push(this.#batch);
      this.#batch = [];
      this.#used = new Set();
      this.#admitWaiting();
    } while (this.#batch.length === this.#batchSize);
  }

  /** One entry of each waiting key at most, because two of them collide. */
  #admitWaiting(): void {
    let attempts = 8 * this.#batchSize;
    for (const [key, entries] of this.#waiting) {
      if (this.#batch.length === this.#batchSize || attempts === 0) return;
      attempts -= 1;
      const entry = entries.at(-1)!;
      const blocker = this.#blocker(entry);
      if (blocker === key) continue;
      entries.pop();
      this.#waitingCount -= 1;
      if (entries.length === 0) this.#waiting.delete(key);
      if (blocker === undefined) this.#place(entry);
      else this.#wait(blocker, entry);
    }
  }

  #blocker(entry: T): Key | undefined {
    const keys = this.#keysOf(entry);
    for (let i = 0; i < keys.length; i += 1) if (this.#used.has(keys[i]!)) return keys[i];
    return undefined;
  }

  #place(entry: T): void {
    const keys = this.#keysOf(entry);
    for (let i = 0; i < keys.length; i += 1) this.#used.add(keys[i]!);
    this.#batch.push(entry);
  }

  #wait(blocker: Key, entry: T): void {
    this.#waitingCount += 1;
    const entries = this.#waiting.get(blocker);
    if (entries === undefined) this.#waiting.set(blocker, [entry]);
    else entries.push(entry);
  }
}

/** An order cut into batches without equal keys. */
export function* cutDistinct(
  order: Uint32Array,
  batchSize: number,
  keysOf: (position: number) => ArrayLike<Key>,
): Generator<Positions, void, undefined> {
  const packer = new DistinctPacker(batchSize, keysOf);
  for (const position of order) {
    packer.add(position);
    yield* packer.take();
  }
  packer.finish();
  yield* packer.take();
}

/** Samples of a stream put into batches without equal keys; at most `mostWaiting` wait. */
export async function* collectDistinct<S>(
  samples: AsyncIterable<S>,
  batchSize: number,
  keysOf: (sample: S) => readonly Key[],
  mostWaiting: number,
): AsyncGenerator<readonly S[], void, undefined> {
  interface Keyed {
    readonly sample: S;
    readonly keys: readonly Key[];
  }
  const packer = new DistinctPacker<Keyed>(batchSize, ({ keys }) => keys, mostWaiting);
  for await (const sample of samples) {
    packer.add({ sample, keys: keysOf(sample) });
    for (const batch of packer.take()) yield batch.map((keyed) => keyed.sample);
  }
  packer.finish();
  for (const batch of packer.take()) yield batch.map((keyed) => keyed.sample);
}
