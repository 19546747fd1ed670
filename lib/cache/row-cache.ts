import { LRUCache } from "lru-cache";

/** What an entry costs besides its numbers: key, array object, place in the table. */
const ENTRY_BYTES = 300;

/** Vectors by key in a bounded number of bytes; the one not used for longest makes room for the next. */
export class RowCache {
  readonly #rows: LRUCache<string, Float32Array>;

  constructor(readonly maxBytes: number) {
    this.#rows = new LRUCache({ maxSize: maxBytes, sizeCalculation: (row) => RowCache.bytesOf(row) });
  }

  /** What a vector costs. */
  static bytesOf(row: { readonly length: number }): number {
    return row.length * Float32Array.BYTES_PER_ELEMENT + ENTRY_BYTES;
  }

  /** Bytes in use. */
  get bytes(): number {
    return this.#rows.calculatedSize;
  }

  get count(): number {
    return this.#rows.size;
  }

  /** The row itself, not to be changed. */
  get(key: string): Float32Array | undefined {
    return this.#rows.get(key);
  }

  /** Puts a row at a place of `target`; false when it is not there. */
  copy(key: string, target: Float32Array, at: number): boolean {
    const row = this.#rows.get(key);
    if (row === undefined) return false;
    target.set(row, at);
    return true;
  }

  /** Does not count as use. */
  has(key: string): boolean {
    return this.#rows.has(key);
  }

  /** Takes over the array. One larger than everything is not kept. */
  set(key: string, row: Float32Array): void {
    this.#rows.set(key, row);
  }

  /** True when so many rows of this length find room without putting others out. */
  hasRoomFor(count: number, length: number): boolean {
    return this.bytes + count * RowCache.bytesOf({ length }) <= this.maxBytes;
  }

  /** Forgets the keys that start with `prefix`. */
  deleteUnder(prefix: string): void {
    for (const key of [...this.#rows.keys()]) if (key.startsWith(prefix)) this.#rows.delete(key);
  }
}
