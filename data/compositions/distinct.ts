import { callback, flag, type Problem } from "../../lib/contracts/options.js";
import type { Kind, Sample } from "../../lib/contracts/samples.js";
import { Random } from "../../lib/random.js";
import { contentKeyOf, KeyTable } from "../samplers/content-keys.js";
import { collectDistinct, cutDistinct, type Key } from "../samplers/distinct.js";
import { sampleOrder, type Positions } from "../samplers/plain.js";
import { shuffleBuffer } from "../samplers/shuffle-buffer.js";
import type { SampleReader } from "../sources/sample-reader.js";
import { cutCount, type BatchSettings, type Composition } from "./composition.js";
import { plainComposition } from "./plain.js";

/** Options of loaders whose losses take the other items of a batch for negatives. */
export interface DuplicateOptions<Item> {
  /**
   * Allow an item to occur twice in a batch. By default a sample that would repeat one is moved to a later batch, and when only such
   * samples are left the last batches are smaller. Default false.
   */
  readonly duplicates?: boolean;
  /** What makes two items the same. Default their content. */
  readonly key?: (item: Item) => Key;
}

export const DUPLICATE_CHECKS = { duplicates: flag, key: callback } as const;

/** What is wrong with them together. */
export function duplicateProblem({ duplicates, key }: DuplicateOptions<never>): Problem {
  return duplicates === true && key !== undefined ? "key: has no use with duplicates: true" : null;
}

/** Batches without equal items, or plain ones when duplicates are allowed. */
export function distinctComposition<K extends Kind, Item>(
  reader: SampleReader<K, Item>,
  settings: BatchSettings,
  itemsOf: ItemsOf<K>,
  { duplicates = false, key }: DuplicateOptions<Item>,
): Composition<K, Item> {
  return duplicates ? plainComposition(settings) : new DistinctComposition(reader, settings, itemsOf, key);
}

/** The items of a sample, or what it has in their place. */
type ItemsOf<K extends Kind> = <Of>(sample: Sample<K, Of>) => readonly Of[];

/** Batches without equal items. The keys of a source of known length are read once and kept. */
class DistinctComposition<K extends Kind, Item> implements Composition<K, Item> {
  readonly wholeBatch: number;
  readonly #reader: SampleReader<K, Item>;
  readonly #settings: BatchSettings;
  readonly key: (item: Item) => Key;
  readonly #itemsOf: ItemsOf<K>;
  #table: KeyTable | null = null;
  #count: number | null = null;

  constructor(
    reader: SampleReader<K, Item>,
    settings: BatchSettings,
    itemsOf: ItemsOf<K>,
    key: (item: Item) => Key = contentKeyOf,
  ) {
    this.wholeBatch = settings.batchSize;
    this.#reader = reader;
    this.#settings = settings;
    this.#itemsOf = itemsOf;
    this.key = key;
  }

  /** As many as one shuffled epoch has: repeated items leave some batches smaller, and every order leaves others. */
  count(length: number): number {
    const table = this.#tableNow();
    if (table === null) return cutCount(length, this.#settings);
    this.#count ??= this.#tried(length, table);
    return this.#count;
  }

  #tried(length: number, table: KeyTable): number {
    const { batchSize, shuffle, dropLast } = this.#settings;
    const order = sampleOrder(length, shuffle ? new Random("count") : null);
    let count = 0;
    for (const batch of cutDistinct(order, batchSize, (position) => table.at(position))) {
      if (!dropLast || batch.length === batchSize) count += 1;
    }
    return count;
  }

  async positions(length: number, random: Random): Promise<Iterable<Positions>> {
    const table = this.#tableNow() ?? (await this.#readTable());
    const order = sampleOrder(length, this.#settings.shuffle ? random : null);
    return cutDistinct(order, this.#settings.batchSize, (position) => table.at(position));
  }

  stream<Of>(
    samples: AsyncIterable<Sample<K, Of>>,
    random: Random,
    key: (item: Of) => Key,
  ): AsyncIterable<readonly Sample<K, Of>[]> {
    const { batchSize, shuffle, shuffleBuffer: size } = this.#settings;
    const shuffled = shuffle ? shuffleBuffer(samples, size, random) : samples;
    return collectDistinct(shuffled, batchSize, (sample) => this.#itemsOf(sample).map(key), size);
  }

  #keysOf(sample: Sample<K, Item>): readonly Key[] {
    return this.#itemsOf(sample).map(this.key);
  }

  #tableNow(): KeyTable | null {
    if (this.#table !== null) return this.#table;
    const samples = this.#reader.now();
    return samples === null ? null : (this.#table = new KeyTable(samples.map((sample) => this.#keysOf(sample))));
  }

  async #readTable(): Promise<KeyTable> {
    const keys: (readonly Key[])[] = [];
    for await (const sample of this.#reader.all()) keys.push(this.#keysOf(sample));
    return (this.#table = new KeyTable(keys));
  }
}
