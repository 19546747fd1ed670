import { KeyMap } from "./key-map.js";
import { countKeys, KEY_WORDS, keysBetween, makeKeys } from "./keys.js";

/** Bytes of rows that are allocated together. */
const SLAB_BYTES = 1 << 20;

/** Who decides which pages stay. */
export interface Pages {
  /** Rows that a page holds at most. */
  readonly rows: number;
  /** Says how many rows a page holds now, which counts as use. Others may be dropped. */
  hold(page: number, rows: number): void;
  use(page: number): void;
}

/** Rows that lie together, and their keys. */
interface Slab {
  readonly rows: Float32Array;
  readonly keys: Int32Array;
}

/**
 * Rows of one length in a few large arrays, found by key: no array and no text for each row. Neighbours make a page; pages are dropped as a
 * whole and used again.
 */
export class RowShelf {
  /** Numbers a row. */
  readonly length: number;
  readonly #pages: Pages;
  readonly #slabRows: number;
  readonly #slots = new KeyMap();
  #slabs: Slab[] = [];
  /** Pages that were dropped. */
  #free: number[] = [];
  /** Pages so far. */
  #end = 0;
  /** The page that is being filled, and its rows so far. */
  #open = -1;
  #openRows = 0;

  constructor(length: number, pages: Pages) {
    this.length = length;
    this.#pages = pages;
    const pageBytes = Float32Array.BYTES_PER_ELEMENT * Math.max(1, length) * pages.rows;
    this.#slabRows = pages.rows * Math.max(1, Math.floor(SLAB_BYTES / pageBytes));
  }

  get count(): number {
    return this.#slots.count;
  }

  /** Does not count as use. */
  has(keys: Int32Array, at: number): boolean {
    return this.#slots.get(keys, at) >= 0;
  }

  /** Where the row of a key lies; -1 when it is not there. Does not count as use. */
  slotOf(keys: Int32Array, at: number): number {
    return this.#slots.get(keys, at);
  }

  /** Puts the rows of keys one after the other into `target`. @returns the positions of those that are not there. */
  gather(keys: Int32Array, target: Float32Array): number[] {
    const slots = new Int32Array(countKeys(keys));
    const absent: number[] = [];
    let used = -1;
    for (let at = 0; at < slots.length; at += 1) {
      const slot = (slots[at] = this.#slots.get(keys, at));
      if (slot < 0) absent.push(at);
      else if (Math.floor(slot / this.#pages.rows) !== used)
        this.#pages.use((used = Math.floor(slot / this.#pages.rows)));
    }
    this.copy(slots, target);
    return absent;
  }

  /** Puts the rows in some slots one after the other into `target`, and leaves out what has none. Does not count as use. */
  copy(slots: Int32Array, target: Float32Array): void {
    const { length } = this;
    for (let i = 0; i < slots.length;) {
      const slot = slots[i] as number;
      let count = 1;
      if (slot >= 0) {
        const within = slot % this.#slabRows;
        const most = Math.min(slots.length - i, this.#slabRows - within);
        while (count < most && slots[i + count] === slot + count) count += 1;
        const { rows } = this.#slabs[(slot - within) / this.#slabRows] as Slab;
        target.set(rows.subarray(within * length, (within + count) * length), i * length);
      }
      i += count;
    }
  }

  /** Copies rows, which lie one after the other; those whose keys are there already are left out. */
  add(keys: Int32Array, source: Float32Array): void {
    const count = countKeys(keys);
    for (let at = 0; at < count;) {
      at += this.#append(keys, at, source, count - at);
      while (at < count && this.has(keys, at)) at += 1;
    }
  }

  /** Forgets the rows of a page. */
  drop(page: number, rows: number): void {
    const first = page * this.#pages.rows;
    const { keys } = this.#slabs[Math.floor(first / this.#slabRows)] as Slab;
    for (let row = 0; row < rows; row += 1) this.#slots.delete(keys, (first % this.#slabRows) + row);
    this.#free.push(page);
    if (page === this.#open) this.#open = -1;
    if (this.count > 0) return;
    this.#slabs = [];
    this.#free = [];
    this.#end = 0;
    this.#open = -1;
  }

  /** Pages with rows. */
  *pages(): Generator<number, void, undefined> {
    const free = new Set(this.#free);
    for (let page = 0; page < this.#end; page += 1) if (!free.has(page)) yield page;
  }

  /** Copies rows to where they find room side by side, at most so many, and none from one on that is there. @returns how many. */
  #append(keys: Int32Array, at: number, source: Float32Array, most: number): number {
    const { rows: pageRows } = this.#pages;
    if (this.#open < 0 || this.#openRows === pageRows) this.#openPage(this.#free.pop() ?? this.#end++);
    const slot = this.#open * pageRows + this.#openRows;
    const within = slot % this.#slabRows;
    const last = this.#open === this.#end - 1; // then those that follow are free
    const room = Math.min(most, last ? this.#slabRows - within : pageRows - this.#openRows);
    const slab = (this.#slabs[Math.floor(slot / this.#slabRows)] ??= this.#makeSlab());
    let added = 0;
    while (added < room && this.#slots.add(keys, at + added, slot + added)) added += 1;
    if (added === 0) return 0;
    slab.keys.set(keysBetween(keys, at, at + added), within * KEY_WORDS);
    slab.rows.set(source.subarray(at * this.length, (at + added) * this.length), within * this.length);
    for (let rest = added; ;) {
      const more = Math.min(rest, pageRows - this.#openRows);
      const [page, rows] = [this.#open, (this.#openRows += more)];
      rest -= more;
      this.#pages.hold(page, rows);
      if (rest === 0) return added;
      this.#openPage(this.#end++);
    }
  }

  #openPage(page: number): void {
    this.#open = page;
    this.#openRows = 0;
  }

  /** Every row is written before it is read, so none needs to be 0 before. */
  #makeSlab(): Slab {
    const bytes = this.#slabRows * this.length * Float32Array.BYTES_PER_ELEMENT;
    return { rows: new Float32Array(Buffer.allocUnsafeSlow(bytes).buffer), keys: makeKeys(this.#slabRows) };
  }
}
