import { ShapeError } from "../errors.js";
import type { HostMatrix } from "./host.js";

/** Rows of equal width that grow at the end, in one array, so that they can be read as a matrix at any time. */
export class GrowingRows {
  #data: Float32Array;
  #rows = 0;

  constructor(
    readonly size: number,
    capacity = 0,
  ) {
    this.#data = new Float32Array(capacity * size);
  }

  get rows(): number {
    return this.#rows;
  }

  /** All rows; valid until they change. */
  get matrix(): HostMatrix {
    return { data: this.#data.subarray(0, this.#rows * this.size), rows: this.#rows, size: this.size };
  }

  /**
   * Copies rows to the end.
   * @throws ShapeError when they have another width.
   */
  append({ data, rows, size }: HostMatrix): void {
    if (size !== this.size || data.length !== rows * size) {
      throw new ShapeError("rows", `${rows} rows of ${this.size} numbers`, [data.length / Math.max(1, size), size]);
    }
    const used = this.#rows * size;
    if (used + data.length > this.#data.length) {
      // Twice as long; what is not written yet costs no memory.
      const grown = new Float32Array(Math.max(used + data.length, 2 * this.#data.length));
      grown.set(this.#data.subarray(0, used));
      this.#data = grown;
    }
    this.#data.set(data, used);
    this.#rows += rows;
  }

  /** A copy with only these rows, in this order. */
  select(rows: ArrayLike<number>): GrowingRows {
    const { size } = this;
    const selected = new GrowingRows(size, rows.length);
    for (let place = 0; place < rows.length; place += 1) {
      const from = rows[place]! * size;
      selected.#data.set(this.#data.subarray(from, from + size), place * size);
    }
    selected.#rows = rows.length;
    return selected;
  }
}
