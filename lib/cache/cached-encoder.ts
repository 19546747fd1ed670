import type { Encoder, FrozenEncoder } from "../contracts/encoder.js";
import { keptOn, keyExtractorOf, type CacheConfig, type KeyExtractor } from "./cache-config.js";
import { checkedRows } from "./checked-rows.js";
import { EncoderKeys } from "./encoder-keys.js";
import { RowCache } from "./row-cache.js";
import type { CacheStorage } from "./storage.js";
import { StoredRows } from "./stored-rows.js";

/** What a cached encoder is made of. */
export interface CachedEncoderOptions<Item> {
  /** The encoder's name in the model, for messages. */
  readonly name: string;
  readonly encoder: FrozenEncoder<Item>;
  /** Where vectors are kept; may be shared by several encoders. */
  readonly rows: RowCache;
  /** Items given to the encoder at a time. */
  readonly batchSize: number;
  /** Names items. Default: by content. */
  readonly keyExtractor?: KeyExtractor<Item> | null;
  /** Folder in which vectors are kept from run to run. */
  readonly saveDir?: string | null;
  /** How numbers lie in `saveDir`. Default "float32". */
  readonly storage?: CacheStorage;
  /** Default: a process warning. */
  readonly warn?: (message: string) => void;
}

/** An item whose vector is not kept. */
export interface Missing<Item> {
  readonly key: string;
  readonly item: Item;
  /** In the list it came in. */
  readonly position: number;
}

/** What is known once the encoder is ready to be asked. */
interface Opened<Item> {
  readonly keys: EncoderKeys<Item>;
  readonly stored: StoredRows<Item> | null;
}

/** Rows on the way, by key; requests for the same item share one. */
type Coming = Promise<ReadonlyMap<string, Float32Array>>;

/**
 * A frozen encoder that computes each vector once. Vectors are found by the encoder's fingerprint and the item's content, never by
 * position; one that was put out for lack of room is computed again.
 */
export class CachedEncoder<Item> {
  readonly name: string;
  readonly encoder: FrozenEncoder<Item>;
  readonly #options: CachedEncoderOptions<Item>;
  readonly #coming = new Map<string, Coming>();
  #opened: Promise<Opened<Item>> | null = null;
  #hits = 0;
  #misses = 0;
  #loaded = 0;

  constructor(options: CachedEncoderOptions<Item>) {
    this.name = options.name;
    this.encoder = options.encoder;
    this.#options = options;
  }

  /** Rows given without computing them, repeated items of a request included. */
  get hits(): number {
    return this.#hits;
  }

  /** Rows computed. */
  get misses(): number {
    return this.#misses;
  }

  /**
   * Vectors of items, `[items.length * embeddingSize]`, a copy; computes those it does not have.
   *
   * @throws DataError naming the item whose vector is not finite, UsageError for items without a key or an encoder not yet fitted.
   */
  async rows(items: readonly Item[]): Promise<Float32Array> {
    const { keys, stored } = await this.#keysOf(items);
    const size = this.encoder.embeddingSize;
    const result = new Float32Array(items.length * size);
    const absent: number[] = [];
    for (let position = 0; position < keys.length; position += 1) {
      const row = this.#options.rows.get(keys[position] as string);
      if (row === undefined) absent.push(position);
      else result.set(row, position * size);
    }
    if (absent.length === 0) this.#hits += items.length;
    else await this.#complete(result, absent, items, keys, stored);
    return result;
  }

  /** Rows that are not in memory: from disk, from a request under way, or computed. */
  async #complete(
    result: Float32Array,
    absent: readonly number[],
    items: readonly Item[],
    keys: readonly string[],
    stored: StoredRows<Item> | null,
  ): Promise<void> {
    const size = this.encoder.embeddingSize;
    const places = new Map<string, number[]>();
    for (const position of absent) {
      const key = keys[position] as string;
      const list = places.get(key);
      if (list === undefined) places.set(key, [position]);
      else list.push(position);
    }
    const copy = (key: string, row: Float32Array): void => {
      for (const position of places.get(key) ?? []) result.set(row, position * size);
    };
    const waiting: Promise<void>[] = [];
    const missing: Missing<Item>[] = [];
    for (const [key, [first = 0]] of places) {
      const coming = this.#coming.get(key);
      const row = coming === undefined ? this.#fromDisk(key, stored) : null;
      if (row !== null) copy(key, row);
      else if (coming !== undefined) waiting.push(coming.then((rows) => copy(key, rows.get(key) as Float32Array)));
      else missing.push({ key, item: items[first] as Item, position: first });
    }
    this.#hits += items.length - missing.length;
    if (missing.length > 0) {
      waiting.push(this.#compute(missing, stored).then((rows) => rows.forEach((row, key) => copy(key, row))));
    }
    await Promise.all(waiting);
  }

  /** A row from disk, which then is in memory too. */
  #fromDisk(key: string, stored: StoredRows<Item> | null): Float32Array | null {
    if (stored?.has(key) !== true) return null;
    const row = new Float32Array(this.encoder.embeddingSize);
    if (!stored.read(key, row, 0)) return null;
    this.#options.rows.set(key, row);
    return row;
  }

  /** Which of the items are not kept, each once; brings stored rows into memory as far as there is room. */
  async missing(items: readonly Item[]): Promise<Missing<Item>[]> {
    const { keys, stored } = await this.#keysOf(items);
    const { rows } = this.#options;
    const found = new Map<string, Missing<Item>>();
    keys.forEach((key, position) => {
      if (rows.has(key) || found.has(key)) return;
      if (stored?.has(key) === true) {
        const there = rows.hasRoomFor(1, this.encoder.embeddingSize) ? this.#fromDisk(key, stored) !== null : true;
        if (there) {
          this.#loaded += 1;
          return;
        }
      }
      found.set(key, { key, item: items[position] as Item, position });
    });
    return [...found.values()];
  }

  /** Computes and keeps rows of missing items. False, without computing, when there is no room for them in memory or on disk. */
  async add(missing: readonly Missing<Item>[]): Promise<boolean> {
    const { stored } = await this.#open();
    const room = this.#options.rows.hasRoomFor(missing.length, this.encoder.embeddingSize);
    if (!room && stored?.keeps !== true) return false;
    await this.#compute(missing, stored);
    return true;
  }

  /** Rows that an earlier run has left and filling has found. */
  get loaded(): number {
    return this.#loaded;
  }

  /** Memory of all encoders that share it. */
  get memoryBytes(): number {
    return this.#options.rows.bytes;
  }

  /** Bytes of vectors on disk. */
  async storedBytes(): Promise<number> {
    return (await this.#open()).stored?.bytes ?? 0;
  }

  /** Waits until what was computed is on disk, in `saveDir`, where the next run finds it; nothing without one. */
  async save(): Promise<void> {
    (await this.#open()).stored?.save();
  }

  /** Closes the files. Used again, it opens them again. */
  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    await opened?.then(
      ({ stored }) => stored?.close(),
      () => undefined,
    );
  }

  /** @returns the rows by key; in the meantime other requests for the same keys wait for them. */
  #compute(missing: readonly Missing<Item>[], stored: StoredRows<Item> | null): Coming {
    const coming = this.#computeInBatches(missing, stored).finally(() => {
      for (const { key } of missing) this.#coming.delete(key);
    });
    for (const { key } of missing) this.#coming.set(key, coming);
    return coming;
  }

  async #computeInBatches(missing: readonly Missing<Item>[], stored: StoredRows<Item> | null): Coming {
    const { rows, batchSize } = this.#options;
    const size = this.encoder.embeddingSize;
    const computed = new Map<string, Float32Array>();
    for (let start = 0; start < missing.length; start += batchSize) {
      const some = missing.slice(start, start + batchSize);
      const items = some.map(({ item }) => item);
      const positions = some.map(({ position }) => position);
      const vectors = await checkedRows(this.name, this.encoder, items, positions);
      this.#misses += some.length;
      const keys = some.map(({ key }) => key);
      // Small rows are copied out of the batch: an array that shares it would keep all of it.
      const separate = keys.map((_key, row) => vectors.slice(row * size, (row + 1) * size));
      if (stored !== null) for (const row of separate) stored.round(row);
      stored?.add(keys, separate);
      separate.forEach((row, at) => {
        computed.set(keys[at] as string, row);
        rows.set(keys[at] as string, row);
      });
    }
    return computed;
  }

  async #keysOf(
    items: readonly Item[],
  ): Promise<{ readonly keys: readonly string[]; readonly stored: StoredRows<Item> | null }> {
    const { keys, stored } = await this.#open();
    const names = keys.of(items);
    if (stored !== null && !(await stored.confirm(items, names))) this.#options.rows.deleteUnder(keys.prefix);
    return { keys: names, stored };
  }

  /** Finds out what the encoder is and what is stored of it, at the first use. */
  #open(): Promise<Opened<Item>> {
    const opening = (this.#opened ??= Promise.resolve().then(() => this.#load()));
    opening.catch(() => (this.#opened = null));
    return opening;
  }

  #load(): Opened<Item> {
    const { saveDir = null, keyExtractor = null, storage = "float32" } = this.#options;
    const { warn = (text: string) => process.emitWarning(text) } = this.#options;
    const { name, encoder } = this;
    const keys = new EncoderKeys(name, encoder, keyExtractor);
    const stored = saveDir === null ? null : new StoredRows({ name, folder: saveDir, encoder, keys, storage, warn });
    return { keys, stored };
  }
}

/** A cached encoder for each frozen encoder that a configuration caches; they share its memory. */
export function cachedEncoders<Item>(
  config: CacheConfig<Item>,
  encoders: Iterable<readonly [name: string, encoder: Encoder<Item>]>,
  warn?: (message: string) => void,
): ReadonlyMap<string, CachedEncoder<Item>> {
  const { batchSize, maxBytes, storage } = config;
  const rows = new RowCache(maxBytes);
  const cached = new Map<string, CachedEncoder<Item>>();
  for (const [name, encoder] of encoders) {
    const place = keptOn(config, name);
    if (encoder.trainable || place === "none") continue;
    const saveDir = place === "disk" ? config.saveDir : null;
    const keyExtractor = keyExtractorOf(config, name);
    cached.set(
      name,
      new CachedEncoder({ name, encoder, rows, batchSize, keyExtractor, saveDir, storage, ...(warn && { warn }) }),
    );
  }
  return cached;
}
