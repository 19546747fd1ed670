import type { FrozenEncoder } from "../contracts/encoder.js";
import type { KeyExtractor } from "./cache-config.js";
import { EncoderKeys } from "./encoder-keys.js";
import { keptItems, type KeptItems } from "./kept-items.js";
import { KeptRows } from "./kept-rows.js";
import type { ItemsAt, Missing } from "./missing.js";
import type { RowCache } from "./row-cache.js";
import { RowComputer, type Elsewhere } from "./row-computer.js";
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

/** What is known once the encoder is ready to be asked. */
interface Opened<Item> {
  readonly keys: EncoderKeys<Item>;
  readonly stored: StoredRows<Item> | null;
}

/**
 * A frozen encoder that computes each vector once. Vectors are found by the encoder's fingerprint and the item's content, never by
 * position; one that was put out for lack of room is computed again.
 */
export class CachedEncoder<Item> {
  readonly name: string;
  readonly encoder: FrozenEncoder<Item>;
  readonly #options: CachedEncoderOptions<Item>;
  readonly #computer: RowComputer<Item>;
  /** Where the rows of items that need not be read lie in memory. */
  readonly #kept = new WeakMap<KeptItems<Item>, KeptRows>();
  #opened: Promise<Opened<Item>> | null = null;
  #hits = 0;
  #loaded = 0;

  constructor(options: CachedEncoderOptions<Item>) {
    this.name = options.name;
    this.encoder = options.encoder;
    this.#options = options;
    this.#computer = new RowComputer(options);
  }

  /** Items whose rows were there, or on the way: when they were asked for and when filling met them. */
  get hits(): number {
    return this.#hits;
  }

  /** Rows computed. */
  get misses(): number {
    return this.#computer.computed;
  }

  /**
   * Vectors of items, `[items.length * embeddingSize]`, a copy; computes those it does not have.
   *
   * @throws DataError naming the item whose vector is not finite, UsageError for items without a key or an encoder not yet fitted.
   */
  async rows(items: readonly Item[]): Promise<Float32Array> {
    const kept = keptItems<Item>(items);
    if (kept !== null) return this.#keptRows(kept.source, kept.places);
    const { keys, stored } = await this.#keysOf(items);
    return this.#gather(keys, stored, (positions) => positions.map((position) => items[position] as Item));
  }

  /** Takes back an array that `rows` gave and that nobody will look at again. */
  recycle(rows: Float32Array): void {
    this.#options.rows.recycle(rows);
  }

  /** The same for items that need not be read when their keys and vectors are there. */
  async #keptRows(source: KeptItems<Item>, places: readonly number[]): Promise<Float32Array> {
    const kept = this.#kept.get(source) ?? new KeptRows(this.#options.rows, this.encoder.embeddingSize);
    this.#kept.set(source, kept);
    const found = kept.of(places);
    if (found !== null) {
      this.#hits += places.length;
      return found;
    }
    const { stored } = await this.#open();
    const itemsAt = (positions: readonly number[]) => source.read(positions.map((at) => places[at] as number));
    const keys = source.keysOf(this.name, places);
    const unknown = keys.flatMap((key, position) => (key === undefined ? [position] : []));
    if (unknown.length > 0) {
      const { keys: found } = await this.#keysOf(await itemsAt(unknown));
      source.know(
        this.name,
        unknown.map((at) => places[at] as number),
        found,
      );
      unknown.forEach((position, i) => (keys[position] = found[i]));
    }
    const rows = await this.#gather(keys as string[], stored, itemsAt);
    kept.learn(places, keys as string[]);
    return rows;
  }

  async #gather(
    keys: readonly string[],
    stored: StoredRows<Item> | null,
    itemsAt: ItemsAt<Item>,
  ): Promise<Float32Array> {
    const size = this.encoder.embeddingSize;
    const result = new Float32Array(keys.length * size);
    const absent: number[] = [];
    for (let position = 0; position < keys.length; position += 1) {
      if (!this.#options.rows.copy(keys[position] as string, result, position * size)) absent.push(position);
    }
    if (absent.length === 0) this.#hits += keys.length;
    else await this.#complete(result, absent, keys, stored, itemsAt);
    return result;
  }

  /** Rows that are not in memory: from disk, from a request under way, or computed. */
  async #complete(
    result: Float32Array,
    absent: readonly number[],
    keys: readonly string[],
    stored: StoredRows<Item> | null,
    itemsAt: ItemsAt<Item>,
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
    const missing: Omit<Missing<Item>, "item">[] = [];
    for (const [key, [first = 0]] of places) {
      const coming = this.#computer.coming(key);
      const row = coming === undefined ? this.#fromDisk(key, stored) : null;
      if (row !== null) copy(key, row);
      else if (coming !== undefined) waiting.push(coming.then(({ rows }) => copy(key, rows.get(key) as Float32Array)));
      else missing.push({ key, position: first });
    }
    this.#hits += keys.length - missing.length;
    if (missing.length > 0) {
      const read = async (): Promise<readonly Missing<Item>[]> => {
        const items = await itemsAt(missing.map(({ position }) => position));
        return missing.map((each, i) => ({ ...each, item: items[i] as Item }));
      };
      const computing = this.#computer.compute(
        missing.map(({ key }) => key),
        read,
        stored,
      );
      waiting.push(computing.then(({ rows }) => rows.forEach((row, key) => copy(key, row))));
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

  /**
   * Puts the items whose rows are neither kept nor on the way among those that wait to be computed, each once; brings stored rows into memory
   * as far as there is room.
   *
   * @param from position of the first item, for messages.
   * @returns the keys of all items.
   */
  async meet(
    items: readonly Item[],
    waiting: Map<string, Missing<Item>>,
    { from, once }: { readonly from: number; readonly once: boolean },
  ): Promise<readonly string[]> {
    const { keys, stored } = await this.#keysOf(items, once);
    const { rows } = this.#options;
    const before = waiting.size;
    keys.forEach((key, position) => {
      if (rows.has(key) || waiting.has(key) || this.#computer.coming(key) !== undefined) return;
      if (stored?.has(key) === true) {
        const there = rows.hasRoomFor(1, this.encoder.embeddingSize) ? this.#fromDisk(key, stored) !== null : true;
        if (there) {
          this.#loaded += 1;
          return;
        }
      }
      waiting.set(key, { key, item: items[position] as Item, position: from + position });
    });
    this.#hits += items.length - (waiting.size - before);
    return keys;
  }

  /**
   * Begins to compute and keep rows of missing items. Null, without computing, when there is no room for them in memory or on disk.
   *
   * @param elsewhere where they are computed, if not here.
   * @param after they are kept when this is done, and not at all when it fails.
   * @returns `kept`, which is done once they are.
   */
  async begin(
    missing: readonly Missing<Item>[],
    elsewhere: Elsewhere<Item> | null = null,
    after: Promise<unknown> | null = null,
  ): Promise<{ readonly kept: Promise<unknown> } | null> {
    const { stored } = await this.#open();
    const { rows } = this.#options;
    const size = this.encoder.embeddingSize;
    if (!rows.hasRoomFor(missing.length, size) && stored?.keeps !== true) return null;
    const release = rows.reserve(missing.length, size);
    const keys = missing.map(({ key }) => key);
    const kept = this.#computer.compute(keys, () => Promise.resolve(missing), stored, { elsewhere, after });
    return { kept: kept.finally(release) };
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

  async #keysOf(
    items: readonly Item[],
    once = false,
  ): Promise<{ readonly keys: readonly string[]; readonly stored: StoredRows<Item> | null }> {
    const { keys, stored } = await this.#open();
    const names = keys.of(items, once);
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
