import type { Encoder, FrozenEncoder } from "../contracts/encoder.js";
import { isCached, keyExtractorOf, type CacheConfig, type KeyExtractor } from "./cache-config.js";
import { checkedRows } from "./checked-rows.js";
import { EncoderKeys } from "./encoder-keys.js";
import { RowCache } from "./row-cache.js";
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
    const keys = await this.#keysOf(items);
    const size = this.encoder.embeddingSize;
    const result = new Float32Array(items.length * size);
    const places = new Map<string, number[]>();
    keys.forEach((key, position) => {
      const list = places.get(key);
      if (list === undefined) places.set(key, [position]);
      else list.push(position);
    });
    const copy = (key: string, row: Float32Array): void => {
      for (const position of places.get(key) ?? []) result.set(row, position * size);
    };
    const waiting: Promise<void>[] = [];
    const missing: Missing<Item>[] = [];
    for (const [key, [first = 0]] of places) {
      const row = this.#options.rows.get(key);
      const coming = row === undefined ? this.#coming.get(key) : undefined;
      if (row !== undefined) copy(key, row);
      else if (coming !== undefined) waiting.push(coming.then((rows) => copy(key, rows.get(key) as Float32Array)));
      else missing.push({ key, item: items[first] as Item, position: first });
    }
    this.#hits += items.length - missing.length;
    if (missing.length > 0) {
      waiting.push(this.#compute(missing).then((rows) => rows.forEach((row, key) => copy(key, row))));
    }
    await Promise.all(waiting);
    return result;
  }

  /** Which of the items are not kept, each once. */
  async missing(items: readonly Item[]): Promise<Missing<Item>[]> {
    const keys = await this.#keysOf(items);
    const found = new Map<string, Missing<Item>>();
    keys.forEach((key, position) => {
      if (!this.#options.rows.has(key) && !found.has(key))
        found.set(key, { key, item: items[position] as Item, position });
    });
    return [...found.values()];
  }

  /** Computes and keeps rows of missing items. False, without computing, when there is no room for them. */
  async add(missing: readonly Missing<Item>[]): Promise<boolean> {
    if (!this.#options.rows.hasRoomFor(missing.length, this.encoder.embeddingSize)) return false;
    await this.#compute(missing);
    return true;
  }

  /** Writes what is kept to `saveDir`, where the next run finds it; nothing without one. */
  async save(): Promise<void> {
    await (await this.#open()).stored?.save();
  }

  /** @returns the rows by key; in the meantime other requests for the same keys wait for them. */
  #compute(missing: readonly Missing<Item>[]): Coming {
    const coming = this.#computeInBatches(missing).finally(() => {
      for (const { key } of missing) this.#coming.delete(key);
    });
    for (const { key } of missing) this.#coming.set(key, coming);
    return coming;
  }

  async #computeInBatches(missing: readonly Missing<Item>[]): Coming {
    const { rows, batchSize } = this.#options;
    const size = this.encoder.embeddingSize;
    const computed = new Map<string, Float32Array>();
    for (let start = 0; start < missing.length; start += batchSize) {
      const some = missing.slice(start, start + batchSize);
      const items = some.map(({ item }) => item);
      const positions = some.map(({ position }) => position);
      const vectors = await checkedRows(this.name, this.encoder, items, positions);
      this.#misses += some.length;
      some.forEach(({ key }, row) => {
        const vector = vectors.slice(row * size, (row + 1) * size);
        computed.set(key, vector);
        rows.set(key, vector);
      });
    }
    return computed;
  }

  async #keysOf(items: readonly Item[]): Promise<string[]> {
    const { keys, stored } = await this.#open();
    const names = keys.of(items);
    await stored?.confirm(this.name, this.encoder, items, names);
    return names;
  }

  /** Finds out what the encoder is and loads what is stored of it, at the first use. */
  #open(): Promise<Opened<Item>> {
    const opening = (this.#opened ??= this.#load());
    opening.catch(() => (this.#opened = null));
    return opening;
  }

  async #load(): Promise<Opened<Item>> {
    const {
      rows,
      saveDir = null,
      keyExtractor = null,
      warn = (text: string) => process.emitWarning(text),
    } = this.#options;
    const keys = new EncoderKeys(this.name, this.encoder, keyExtractor);
    const stored =
      saveDir === null ? null : await StoredRows.load(saveDir, this.encoder.embeddingSize, keys, rows, warn);
    return { keys, stored };
  }
}

/** A cached encoder for each frozen encoder that a configuration caches; they share its memory. */
export function cachedEncoders<Item>(
  config: CacheConfig<Item>,
  encoders: Iterable<readonly [name: string, encoder: Encoder<Item>]>,
  warn?: (message: string) => void,
): ReadonlyMap<string, CachedEncoder<Item>> {
  const { batchSize, saveDir, maxBytes } = config;
  const rows = new RowCache(maxBytes);
  const cached = new Map<string, CachedEncoder<Item>>();
  for (const [name, encoder] of encoders) {
    if (encoder.trainable || !isCached(config, name)) continue;
    const keyExtractor = keyExtractorOf(config, name);
    cached.set(
      name,
      new CachedEncoder({ name, encoder, rows, batchSize, keyExtractor, saveDir, ...(warn && { warn }) }),
    );
  }
  return cached;
}
