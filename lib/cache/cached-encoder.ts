import type { FrozenEncoder } from "../contracts/encoder.js";
import type { KeyExtractor } from "./cache-config.js";
import { EncoderKeys } from "./encoder-keys.js";
import { keptItems, type KeptItems } from "./kept-items.js";
import { KeptRows } from "./kept-rows.js";
import { KeyMap } from "./key-map.js";
import { copyKey, countKeys, keysAt } from "./keys.js";
import type { ItemsAt, Missing, WaitingItems } from "./missing.js";
import { RowCache } from "./row-cache.js";
import { LateTensor } from "../tensor/late-tensor.js";
import { RowComputer, type Elsewhere } from "./row-computer.js";
import type { RowShelf } from "./row-shelf.js";
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
  /** Its rows in memory. */
  readonly shelf: RowShelf;
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
    const rows = await this.lateRows(items);
    if (!(rows instanceof LateTensor)) return rows;
    const { data } = rows;
    rows.release();
    return data;
  }

  /** The same, but vectors that are all in memory stay there until somebody looks at them. */
  async lateRows(items: readonly Item[]): Promise<Float32Array | LateTensor> {
    const kept = keptItems<Item>(items);
    if (kept !== null) return this.#keptRows(kept.source, kept.places);
    const keys = await this.#keysOf(items);
    return this.#gather(keys, await this.#open(), (positions) => positions.map((position) => items[position] as Item));
  }

  /** Takes back an array that `rows` gave and that nobody will look at again. */
  recycle(rows: Float32Array): void {
    this.#options.rows.recycle(rows);
  }

  /** The same for items that need not be read when their keys and vectors are there. */
  async #keptRows(source: KeptItems<Item>, places: readonly number[]): Promise<Float32Array | LateTensor> {
    const found = this.#kept.get(source)?.of(places) ?? null;
    if (found !== null) {
      this.#hits += places.length;
      return found;
    }
    const opened = await this.#open();
    const kept = this.#kept.get(source) ?? new KeptRows(this.#options.rows, opened.shelf);
    this.#kept.set(source, kept);
    const itemsAt = (positions: readonly number[]) => source.read(positions.map((at) => places[at] as number));
    const { keys, unknown } = source.keysOf(this.name, places);
    if (unknown.length > 0) {
      const found = await this.#keysOf(await itemsAt(unknown));
      const at = unknown.map((position) => places[position] as number);
      source.know(this.name, at, found);
      unknown.forEach((position, i) => copyKey(found, i, keys, position));
    }
    const rows = await this.#gather(keys, opened, itemsAt);
    kept.learn(places, keys);
    return rows;
  }

  async #gather(keys: Int32Array, opened: Opened<Item>, itemsAt: ItemsAt<Item>): Promise<Float32Array> {
    const count = countKeys(keys);
    const result = this.#options.rows.takeArray(count * this.encoder.embeddingSize);
    const absent = opened.shelf.gather(keys, result);
    if (absent.length === 0) this.#hits += count;
    else await this.#complete(result, absent, keys, opened, itemsAt);
    return result;
  }

  /** Rows that are not in memory: from disk, from a request under way, or computed. */
  async #complete(
    result: Float32Array,
    absent: readonly number[],
    keys: Int32Array,
    opened: Opened<Item>,
    itemsAt: ItemsAt<Item>,
  ): Promise<void> {
    const size = this.encoder.embeddingSize;
    const equal = positionsByKey(keys, absent);
    const copy = (positions: readonly number[], row: Float32Array): void => {
      for (const position of positions) result.set(row, position * size);
    };
    const waiting: Promise<void>[] = [];
    const missing: (readonly number[])[] = [];
    for (const positions of equal) {
      const first = positions[0] as number;
      const coming = this.#computer.coming(keys, first);
      const row = coming === undefined ? this.#fromDisk(keys, first, opened) : null;
      if (row !== null) copy(positions, row);
      else if (coming !== undefined) waiting.push(coming.then((rows) => copy(positions, rows.row(keys, first))));
      else missing.push(positions);
    }
    this.#hits += countKeys(keys) - missing.length;
    if (missing.length > 0) {
      const positions = missing.map(([first = 0]) => first);
      const wanted = keysAt(keys, positions);
      const read = async (): Promise<Missing<Item>> => ({ keys: wanted, items: await itemsAt(positions), positions });
      const computing = this.#computer.compute(opened.shelf, wanted, read, opened.stored);
      waiting.push(computing.then((rows) => missing.forEach((places, at) => copy(places, rows.row(wanted, at)))));
    }
    await Promise.all(waiting);
  }

  /** A row from disk, which then is in memory too. */
  #fromDisk(keys: Int32Array, at: number, { stored, shelf }: Opened<Item>): Float32Array | null {
    if (stored?.has(keys, at) !== true) return null;
    const row = new Float32Array(this.encoder.embeddingSize);
    if (!stored.read(keys, at, row, 0)) return null;
    this.#options.rows.add(shelf, keysAt(keys, [at]), row);
    return row;
  }

  /** Prepares for the rows of so many items, as far as there is room. */
  async expect(items: number): Promise<void> {
    const { shelf } = await this.#open();
    shelf.expect(Math.min(items, this.#options.rows.maxBytes / RowCache.bytesOf(shelf)));
  }

  /**
   * Puts the items whose rows are neither kept nor on the way among those that wait to be computed, each once; brings stored rows into memory
   * as far as there is room.
   *
   * @param from position of the first item, for messages.
   * @returns the keys of all items.
   */
  async meet(items: readonly Item[], waiting: WaitingItems<Item>, from: number): Promise<Int32Array> {
    const keys = await this.#keysOf(items);
    const opened = await this.#open();
    const { rows } = this.#options;
    const { shelf, stored } = opened;
    const before = waiting.size;
    for (let at = 0; at < items.length; at += 1) {
      if (shelf.has(keys, at) || waiting.has(keys, at) || this.#computer.coming(keys, at) !== undefined) continue;
      if (stored?.has(keys, at) === true) {
        const there = rows.hasRoomFor(1, this.encoder.embeddingSize) ? this.#fromDisk(keys, at, opened) !== null : true;
        if (there) {
          this.#loaded += 1;
          continue;
        }
      }
      waiting.add(keys, at, items[at] as Item, from + at);
    }
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
    missing: Missing<Item>,
    elsewhere: Elsewhere<Item> | null = null,
    after: Promise<unknown> | null = null,
  ): Promise<{ readonly kept: Promise<unknown> } | null> {
    const { stored, shelf } = await this.#open();
    const { rows } = this.#options;
    const [count, size] = [missing.items.length, this.encoder.embeddingSize];
    if (!rows.hasRoomFor(count, size) && stored?.keeps !== true) return null;
    const release = rows.reserve(count, size);
    const read = () => Promise.resolve(missing);
    const kept = this.#computer.compute(shelf, missing.keys, read, stored, { elsewhere, after });
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

  async #keysOf(items: readonly Item[]): Promise<Int32Array> {
    const { keys, stored, shelf } = await this.#open();
    const names = keys.of(items);
    if (stored !== null && !(await stored.confirm(items, names))) this.#options.rows.clear(shelf);
    return names;
  }

  /** Finds out what the encoder is and what is stored of it, at the first use. */
  #open(): Promise<Opened<Item>> {
    const opening = (this.#opened ??= Promise.resolve().then(() => this.#load()));
    opening.catch(() => (this.#opened = null));
    return opening;
  }

  #load(): Opened<Item> {
    const { rows, saveDir = null, keyExtractor = null, storage = "float32" } = this.#options;
    const { warn = (text: string) => process.emitWarning(text) } = this.#options;
    const { name, encoder } = this;
    const keys = new EncoderKeys(name, encoder, keyExtractor);
    const stored = saveDir === null ? null : new StoredRows({ name, folder: saveDir, encoder, keys, storage, warn });
    return { keys, stored, shelf: rows.shelf(keys.fingerprint, encoder.embeddingSize) };
  }
}

/** Positions of equal keys together, in the order they came. */
function positionsByKey(keys: Int32Array, positions: readonly number[]): number[][] {
  const numbers = new KeyMap();
  const equal: number[][] = [];
  for (const position of positions) {
    const number = numbers.get(keys, position);
    if (number < 0) numbers.set(keys, position, equal.push([position]) - 1);
    else (equal[number] as number[]).push(position);
  }
  return equal;
}
