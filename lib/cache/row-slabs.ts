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

  /**
   * Copies `count` rows, one after the other from `at`, as far as they find slots that are neighbours.
   * @returns the slot of the first, and how many were copied, at least one.
   */
  add(source: Float32Array, at: number, count = 1): { readonly slot: number; readonly added: number } {
    const free = this.#free.pop();
    const slot = free ?? this.#next;
    const within = slot % this.#rowsEach;
    const added = free === undefined ? Math.min(count, this.#rowsEach - within) : 1;
    if (free === undefined) this.#next += added;
    const slab = (this.#slabs[Math.floor(slot / this.#rowsEach)] ??= new Float32Array(this.#rowsEach * this.#length));
    slab.set(source.subarray(at, at + added * this.#length), within * this.#length);
    return { slot, added };
  }

  /** Puts rows one after the other into `target`; neighbours are copied together. */
  copy(slots: Int32Array, target: Float32Array, at = 0): void {
    const { length } = slots;
    for (let i = 0; i < length;) {
      const slot = slots[i] as number;
      const within = slot % this.#rowsEach;
      const most = Math.min(length - i, this.#rowsEach - within);
      let count = 1;
      while (count < most && slots[i + count] === slot + count) count += 1;
      const start = within * this.#length;
      const slab = this.#slabs[(slot - within) / this.#rowsEach] as Float32Array;
      target.set(slab.subarray(start, start + count * this.#length), at + i * this.#length);
      i += count;
    }
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
