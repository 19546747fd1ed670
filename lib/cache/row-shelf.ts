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
interface Page {
  readonly rows: Float32Array;
  readonly keys: Int32Array;
}

/**
 * Rows of one length in a few large arrays, found by key: no array and no text for each row. Neighbours make a page; pages are dropped as a
 * whole and used again. A slot is a page's number times its rows, plus a row in it.
 */
export class RowShelf {
  /** Numbers a row. */
  readonly length: number;
  readonly #limits: Pages;
  readonly #slots = new KeyMap();
  #pages: Page[] = [];
  /** Pages that were dropped. */
  #free: number[] = [];
  /** The page that is being filled, and its rows so far. */
  #open = -1;
  #openRows = 0;
  /** What is left of the array that pages were last cut from. */
  #rest: Page = { rows: new Float32Array(0), keys: makeKeys(0) };

  constructor(length: number, limits: Pages) {
    this.length = length;
    this.#limits = limits;
  }

  get count(): number {
    return this.#slots.count;
  }

  /** Makes room for the keys of so many rows at once. */
  expect(count: number): void {
    this.#slots.reserve(count);
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
      const page = Math.floor(slot / this.#limits.rows);
      if (slot < 0) absent.push(at);
      else if (page !== used) this.#limits.use((used = page));
    }
    this.copy(slots, target);
    return absent;
  }

  /** Puts the rows in some slots one after the other into `target`, and leaves out what has none. Does not count as use. */
  copy(slots: Int32Array, target: Float32Array): void {
    const { length } = this;
    const { rows: pageRows } = this.#limits;
    for (let i = 0; i < slots.length;) {
      const slot = slots[i] as number;
      let count = 1;
      if (slot >= 0) {
        const page = Math.floor(slot / pageRows);
        const within = slot - page * pageRows;
        const most = Math.min(slots.length - i, pageRows - within);
        while (count < most && slots[i + count] === slot + count) count += 1;
        const { rows } = this.#pages[page] as Page;
        const whole = count * length === rows.length;
        target.set(whole ? rows : rows.subarray(within * length, (within + count) * length), i * length);
      }
      i += count;
    }
  }

  /**
   * Keeps rows, which lie one after the other; those whose keys are there already are left out.
   *
   * @param owned true when nobody writes to these arrays any more, so that they are kept themselves and not copied.
   */
  add(keys: Int32Array, source: Float32Array, owned = false): void {
    const count = countKeys(keys);
    let at = owned && count >= this.#limits.rows && this.#free.length === 0 ? this.#keep(keys, source) : 0;
    while (at < count) {
      at += this.#copy(keys, at, source);
      while (at < count && this.has(keys, at)) at += 1;
    }
  }

  /** Forgets the rows of a page. */
  drop(page: number, rows: number): void {
    const { keys } = this.#pages[page] as Page;
    for (let row = 0; row < rows; row += 1) this.#slots.delete(keys, row);
    this.#free.push(page);
    if (page === this.#open) this.#open = -1;
    if (this.count > 0) return;
    this.#pages = [];
    this.#free = [];
    this.#open = -1;
    this.#rest = { rows: new Float32Array(0), keys: makeKeys(0) };
  }

  /** Pages that may hold rows. */
  get pages(): number {
    return this.#pages.length;
  }

  /** Makes pages of the arrays as they are, up to a row whose key is there. @returns the rows that are kept. */
  #keep(keys: Int32Array, source: Float32Array): number {
    const { rows: pageRows } = this.#limits;
    const count = countKeys(keys);
    for (let start = 0; start < count; start += pageRows) {
      const page = this.#pages.length;
      const added = this.#addKeys(keys, start, page * pageRows, Math.min(pageRows, count - start));
      if (added > 0) this.#pages.push(this.#cut({ rows: source, keys }, start, start + added));
      if (added > 0) this.#limits.hold(page, added);
      if (added < pageRows) return start + added;
    }
    return count;
  }

  /** Copies rows into the page that is being filled, up to one whose key is there. @returns how many. */
  #copy(keys: Int32Array, at: number, source: Float32Array): number {
    if (this.#open < 0 || this.#openRows * KEY_WORDS === (this.#pages[this.#open] as Page).keys.length) {
      this.#open = this.#free.pop() ?? this.#makePage();
      this.#openRows = 0;
    }
    const page = this.#pages[this.#open] as Page;
    const within = this.#openRows;
    const most = Math.min(countKeys(keys) - at, countKeys(page.keys) - within);
    const added = this.#addKeys(keys, at, this.#open * this.#limits.rows + within, most);
    if (added === 0) return 0;
    page.keys.set(keysBetween(keys, at, at + added), within * KEY_WORDS);
    page.rows.set(source.subarray(at * this.length, (at + added) * this.length), within * this.length);
    this.#openRows += added;
    this.#limits.hold(this.#open, this.#openRows);
    return added;
  }

  /** Gives keys the slots from one on, up to a key that has one. @returns how many. */
  #addKeys(keys: Int32Array, at: number, slot: number, most: number): number {
    let added = 0;
    while (added < most && this.#slots.add(keys, at + added, slot + added)) added += 1;
    return added;
  }

  #makePage(): number {
    const { rows } = this.#limits;
    if (this.#rest.keys.length === 0) {
      const pageBytes = Float32Array.BYTES_PER_ELEMENT * Math.max(1, this.length) * rows;
      const room = rows * Math.max(1, Math.floor(SLAB_BYTES / pageBytes));
      // Every row is written before it is read, so none needs to be 0 before.
      const bytes = room * this.length * Float32Array.BYTES_PER_ELEMENT;
      this.#rest = { rows: new Float32Array(Buffer.allocUnsafeSlow(bytes).buffer), keys: makeKeys(room) };
    }
    const page = this.#pages.push(this.#cut(this.#rest, 0, rows)) - 1;
    this.#rest = this.#cut(this.#rest, rows, countKeys(this.#rest.keys));
    return page;
  }

  #cut({ rows, keys }: Page, from: number, until: number): Page {
    return { rows: rows.subarray(from * this.length, until * this.length), keys: keysBetween(keys, from, until) };
  }
}
