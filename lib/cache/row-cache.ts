import { LRUCache } from "lru-cache";
import { RowSlabs } from "./row-slabs.js";

/** What an entry costs besides its numbers: key and places in the tables. */
const ENTRY_BYTES = 300;
/** Row lengths that are told apart; a slot and the number of its length are one whole number. */
const LENGTHS = 1024;

/** Arrays that are kept to be used again: a batch is prepared while another is trained on. */
const MOST_SPARES = 3;

/** Vectors by key in a bounded number of bytes; the one not used for longest makes room for the next. */
export class RowCache {
  /** Arrays to copy rows into. */
  readonly #spares: Float32Array[] = [];
  /** `slot * LENGTHS + length` by key. */
  readonly #places: LRUCache<string, number>;
  readonly #slabs: { readonly length: number; readonly rows: RowSlabs }[] = [];
  /** Bytes of rows that are on the way. */
  #reserved = 0;
  #removals = 0;

  constructor(readonly maxBytes: number) {
    this.#places = new LRUCache({
      maxSize: maxBytes,
      dispose: (place) => {
        this.#removals += 1;
        this.#slabsOf(place).remove(Math.floor(place / LENGTHS));
      },
    });
  }

  /** What a vector costs. */
  static bytesOf(row: { readonly length: number }): number {
    return row.length * Float32Array.BYTES_PER_ELEMENT + ENTRY_BYTES;
  }

  /** Bytes in use. */
  get bytes(): number {
    return this.#places.calculatedSize;
  }

  get count(): number {
    return this.#places.size;
  }

  /** Puts a row at a place of `target`; false when it is not there. */
  copy(key: string, target: Float32Array, at: number): boolean {
    const place = this.#places.get(key);
    if (place === undefined) return false;
    target.set(this.#slabsOf(place).row(Math.floor(place / LENGTHS)), at);
    return true;
  }

  /** Does not count as use. */
  has(key: string): boolean {
    return this.#places.has(key);
  }

  /** Rows put out so far. While it does not change, rows stay in their slots. */
  get removals(): number {
    return this.#removals;
  }

  /** Where a row of this length lies; -1 when it is not there. */
  slotOf(key: string, length: number): number {
    const place = this.#places.get(key);
    const there = place !== undefined && this.#slabs[place % LENGTHS]?.length === length;
    return there ? Math.floor(place / LENGTHS) : -1;
  }

  /** Takes back an array that `rowsAt` gave, to be written over by a later one. */
  recycle(rows: Float32Array): void {
    if (this.#spares.length < MOST_SPARES && !this.#spares.includes(rows)) this.#spares.push(rows);
  }

  /** The rows in some slots, one after the other, a copy. Does not count as use. */
  rowsAt(slots: Int32Array, length: number): Float32Array {
    const spare = this.#spares.findIndex((array) => array.length === slots.length * length);
    // Every number is written below, so none needs to be 0 before.
    const [target] =
      spare >= 0
        ? (this.#spares.splice(spare, 1) as [Float32Array])
        : [new Float32Array(Buffer.allocUnsafeSlow(slots.length * length * 4).buffer)];
    (this.#slabs[this.#numberOf(length)] as { readonly rows: RowSlabs }).rows.copy(slots, target);
    return target;
  }

  /** Copies a row; one that is there already stays. One larger than everything is not kept. */
  set(key: string, row: Float32Array): void {
    this.setAll([key], row, row.length);
  }

  /** Copies the rows of different keys, which lie one after the other. */
  setAll(keys: readonly string[], source: Float32Array, length: number): void {
    const options = { size: RowCache.bytesOf({ length }) };
    if (options.size > this.maxBytes) return;
    const number = this.#numberOf(length);
    const { rows } = this.#slabs[number] as { readonly rows: RowSlabs };
    for (let start = 0; start < keys.length;) {
      let end = start;
      while (end < keys.length && !this.#places.has(keys[end] as string)) end += 1;
      for (let at = start; at < end;) {
        const { slot, added } = rows.add(source, at * length, end - at);
        for (let i = 0; i < added; i += 1)
          this.#places.set(keys[at + i] as string, (slot + i) * LENGTHS + number, options);
        at += added;
      }
      start = Math.max(end, start + 1); // one that is there already is left out
    }
  }

  /** True when so many rows of this length find room without putting others out. */
  hasRoomFor(count: number, length: number): boolean {
    return this.bytes + this.#reserved + count * RowCache.bytesOf({ length }) <= this.maxBytes;
  }

  /** Counts so many rows of this length, which are on the way, as if they were there. @returns ends it. */
  reserve(count: number, length: number): () => void {
    const bytes = count * RowCache.bytesOf({ length });
    this.#reserved += bytes;
    return () => void (this.#reserved -= bytes);
  }

  /** Forgets the keys that start with `prefix`. */
  deleteUnder(prefix: string): void {
    for (const key of [...this.#places.keys()]) if (key.startsWith(prefix)) this.#places.delete(key);
  }

  #slabsOf(place: number): RowSlabs {
    return (this.#slabs[place % LENGTHS] as { readonly rows: RowSlabs }).rows;
  }

  #numberOf(length: number): number {
    const known = this.#slabs.findIndex((slabs) => slabs.length === length);
    return known >= 0 ? known : this.#slabs.push({ length, rows: new RowSlabs(length) }) - 1;
  }
}
