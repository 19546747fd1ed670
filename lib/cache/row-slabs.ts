/** Bytes of rows that are allocated together. */
const SLAB_BYTES = 1 << 20;

/** Rows of one length in a few large arrays, by slot: no array for each row. A slot that is given up is used again. */
export class RowSlabs {
  readonly #length: number;
  readonly #rowsEach: number;
  #slabs: Float32Array[] = [];
  #free: number[] = [];
  #next = 0;

  constructor(length: number) {
    this.#length = length;
    this.#rowsEach = Math.max(1, Math.floor(SLAB_BYTES / (Float32Array.BYTES_PER_ELEMENT * Math.max(1, length))));
  }

  /** Copies the row that begins at `at`. */
  add(source: Float32Array, at: number): number {
    const slot = this.#free.pop() ?? this.#next++;
    const place = Math.floor(slot / this.#rowsEach);
    const slab = (this.#slabs[place] ??= new Float32Array(this.#rowsEach * this.#length));
    slab.set(source.subarray(at, at + this.#length), (slot % this.#rowsEach) * this.#length);
    return slot;
  }

  /** The row where it lies: to be copied at once, for its slot may be used again. */
  row(slot: number): Float32Array {
    const start = (slot % this.#rowsEach) * this.#length;
    return (this.#slabs[Math.floor(slot / this.#rowsEach)] as Float32Array).subarray(start, start + this.#length);
  }

  /** Gives up a slot; memory is given back when all are. */
  remove(slot: number): void {
    this.#free.push(slot);
    if (this.#free.length < this.#next) return;
    this.#slabs = [];
    this.#free = [];
    this.#next = 0;
  }
}
