import type { FrozenEncoder } from "../contracts/encoder.js";
import { checkedRows } from "./checked-rows.js";
import { ComputedRows } from "./computed-rows.js";
import { GivenArrays } from "./given-arrays.js";
import { KeyMap } from "./key-map.js";
import { countKeys, keysBetween } from "./keys.js";
import type { Missing } from "./missing.js";
import type { RowCache } from "./row-cache.js";
import type { RowShelf } from "./row-shelf.js";
import type { StoredRows } from "./stored-rows.js";

/** Somewhere else than this thread, where encoders can be asked for vectors. */
export interface Elsewhere<in Item> {
  /** Batches that may be under way at the same time. */
  readonly ahead: number;
  /**
   * What the encoder of this name gives for the items.
   * @param positions where each item stands in the list that errors should speak of.
   */
  embed(encoder: string, items: readonly Item[], positions: readonly number[]): Promise<Float32Array>;
}

/** Whose rows are computed, and where they are kept. */
export interface RowComputerOptions<Item> {
  /** The encoder's name in the model, for messages. */
  readonly name: string;
  readonly encoder: FrozenEncoder<Item>;
  readonly rows: RowCache;
  /** Items given to the encoder at a time. */
  readonly batchSize: number;
}

/** How rows are computed, where it is not done at once and here. */
export interface Computing<in Item> {
  readonly elsewhere: Elsewhere<Item> | null;
  /** Rows are kept when this is done, and not at all when it fails. */
  readonly after: Promise<unknown> | null;
}

/** Rows that are being computed. */
interface Coming {
  readonly keys: Int32Array;
  readonly rows: Promise<ComputedRows>;
  /** The keys, once somebody has asked for one. */
  index: KeyMap | null;
}

/** Computes rows in batches and keeps them, in memory and on disk. */
export class RowComputer<Item> {
  readonly #options: RowComputerOptions<Item>;
  /** Rows on the way; requests for the same item share one. */
  readonly #coming = new Set<Coming>();
  readonly #given: GivenArrays;
  #computed = 0;

  constructor(options: RowComputerOptions<Item>) {
    this.#options = options;
    this.#given = new GivenArrays(`encoder "${options.name}" (${options.encoder.type})`);
  }

  /** Rows computed so far. */
  get computed(): number {
    return this.#computed;
  }

  /** The rows among which one that is on the way will be. */
  coming(keys: Int32Array, at: number): Promise<ComputedRows> | undefined {
    for (const each of this.#coming) {
      each.index ??= listed(each.keys);
      if (each.index.get(keys, at) >= 0) return each.rows;
    }
    return undefined;
  }

  /** @returns the rows by key; in the meantime other requests for the same keys wait for them. */
  compute(
    shelf: RowShelf,
    keys: Int32Array,
    read: () => Promise<Missing<Item>>,
    stored: StoredRows<Item> | null,
    computing: Computing<Item> = { elsewhere: null, after: null },
  ): Promise<ComputedRows> {
    const rows = read()
      .then((missing) => this.#inBatches(shelf, missing, stored, computing))
      .finally(() => this.#coming.delete(coming));
    const coming: Coming = { keys, rows, index: null };
    this.#coming.add(coming);
    return rows;
  }

  async #inBatches(
    shelf: RowShelf,
    missing: Missing<Item>,
    stored: StoredRows<Item> | null,
    { elsewhere, after }: Computing<Item>,
  ): Promise<ComputedRows> {
    const { name, encoder, rows, batchSize } = this.#options;
    const computed = new ComputedRows(encoder.embeddingSize);
    for (let start = 0; start < missing.items.length; start += batchSize) {
      const items = missing.items.slice(start, start + batchSize);
      const positions = missing.positions.slice(start, start + batchSize);
      const keys = keysBetween(missing.keys, start, start + items.length);
      const vectors = await checkedRows(name, encoder, items, positions, elsewhere?.embed(name, items, positions));
      await after;
      this.#computed += items.length;
      const owned = elsewhere !== null || this.#given.mayKeep(vectors);
      const kept = stored === null ? vectors : stored.add(keys, vectors);
      rows.add(shelf, keys, kept, owned || stored !== null);
      computed.add(keys, kept);
    }
    return computed;
  }
}

function listed(keys: Int32Array): KeyMap {
  const index = new KeyMap();
  for (let at = 0; at < countKeys(keys); at += 1) index.set(keys, at, at);
  return index;
}
