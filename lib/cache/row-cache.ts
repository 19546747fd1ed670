import { LRUCache } from "lru-cache";
import { LateTensor, LateTensors } from "../tensor/late-tensor.js";
import { RowShelf } from "./row-shelf.js";

/** What a row costs besides its numbers: its key, and its place in the tables. */
const ENTRY_BYTES = 150;
/** Rows are put out in pages: the memory holds so many at least, of so many rows at most. */
const FEWEST_PAGES = 1024;
const MOST_PAGE_ROWS = 16;
/** Shelves that are told apart; a page and the number of its shelf are one whole number. */
const MOST_SHELVES = 1024;

/** Arrays that are kept to be used again: a batch is prepared while another is trained on. */
const MOST_SPARES = 3;

/**
 * Vectors in a bounded number of bytes; those not used for longest make room for the next. They are put out a page at a time: 1 to 16 rows
 * that came one after the other, never more than a thousandth of the room.
 */
export class RowCache {
  /** Arrays to copy rows into. */
  readonly #spares: Float32Array[] = [];
  /** Tensors over slots that others may be given. */
  readonly #late = new LateTensors();
  readonly #shelves: RowShelf[] = [];
  readonly #names = new Map<string, number>();
  /** Rows in a page by `page * MOST_SHELVES + shelf`. */
  readonly #pages: LRUCache<number, number>;
  /** Bytes of rows that are on the way. */
  #reserved = 0;
  #removals = 0;

  constructor(readonly maxBytes: number) {
    this.#pages = new LRUCache({
      maxSize: maxBytes,
      dispose: (rows, page, reason) => {
        if (reason === "set") return; // another number of rows
        this.#removals += rows;
        this.#late.make();
        this.#shelves[page % MOST_SHELVES]?.drop(Math.floor(page / MOST_SHELVES), rows);
      },
    });
  }

  /** What a vector costs. */
  static bytesOf(row: { readonly length: number }): number {
    return row.length * Float32Array.BYTES_PER_ELEMENT + ENTRY_BYTES;
  }

  /** Bytes in use. */
  get bytes(): number {
    return this.#pages.calculatedSize;
  }

  get count(): number {
    return this.#shelves.reduce((sum, { count }) => sum + count, 0);
  }

  /** Rows put out so far. While it does not change, rows stay in their slots. */
  get removals(): number {
    return this.#removals;
  }

  /** Where the rows of an owner lie; owners of the same name share them. */
  shelf(owner: string, length: number): RowShelf {
    const name = `${length} ${owner}`;
    const known = this.#names.get(name);
    if (known !== undefined) return this.#shelves[known] as RowShelf;
    const number = this.#shelves.length;
    if (number === MOST_SHELVES) throw new Error(`no room for more than ${MOST_SHELVES} encoders`);
    const bytes = RowCache.bytesOf({ length });
    const shelf = new RowShelf(length, {
      rows: Math.max(1, Math.min(MOST_PAGE_ROWS, Math.floor(this.maxBytes / bytes / FEWEST_PAGES))),
      hold: (page, rows) => void this.#pages.set(page * MOST_SHELVES + number, rows, { size: rows * bytes }),
      use: (page) => void this.#pages.get(page * MOST_SHELVES + number),
    });
    this.#names.set(name, number);
    this.#shelves.push(shelf);
    return shelf;
  }

  /** Keeps the rows of different keys, see `RowShelf`. A row larger than everything is not kept. */
  add(shelf: RowShelf, keys: Int32Array, rows: Float32Array, owned = false): void {
    if (RowCache.bytesOf(shelf) <= this.maxBytes) shelf.add(keys, rows, owned);
  }

  /** Forgets all rows of a shelf. */
  clear(shelf: RowShelf): void {
    const number = this.#shelves.indexOf(shelf);
    for (let page = shelf.pages - 1; page >= 0; page -= 1) this.#pages.delete(page * MOST_SHELVES + number);
  }

  /** Takes back an array that `takeArray` gave, to be written over by a later user. */
  recycle(rows: Float32Array): void {
    if (this.#spares.length < MOST_SPARES && !this.#spares.includes(rows)) this.#spares.push(rows);
  }

  /** The rows in some slots of a shelf, one after the other. They stay what they are when rows are put out. Does not count as use. */
  lateRows(shelf: RowShelf, slots: Int32Array): LateTensor {
    const late = new LateTensor([slots.length, shelf.length], {
      copyTo: (target) => shelf.copy(slots, target),
      take: (length) => this.takeArray(length),
    });
    this.#late.add(late);
    return late;
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

  /** Every number of it is to be written. */
  takeArray(length: number): Float32Array {
    const spare = this.#spares.findIndex((array) => array.length === length);
    if (spare >= 0) return this.#spares.splice(spare, 1)[0] as Float32Array;
    return new Float32Array(Buffer.allocUnsafeSlow(length * Float32Array.BYTES_PER_ELEMENT).buffer);
  }
}
