import { KeyMap } from "./key-map.js";
import { countKeys } from "./keys.js";

/** Rows that an encoder gave, by key, for whoever waits for them. */
export class ComputedRows {
  readonly #size: number;
  readonly #batches: { readonly keys: Int32Array; readonly vectors: Float32Array }[] = [];
  /** The number of each row, once somebody asks. */
  #numbers: KeyMap | null = null;
  readonly #rows: Float32Array[] = [];

  /** @param size numbers a row. */
  constructor(size: number) {
    this.#size = size;
  }

  add(keys: Int32Array, vectors: Float32Array): void {
    this.#batches.push({ keys, vectors });
  }

  /** The row of a key that was asked for. */
  row(keys: Int32Array, at: number): Float32Array {
    this.#numbers ??= this.#number();
    return this.#rows[this.#numbers.get(keys, at)] as Float32Array;
  }

  #number(): KeyMap {
    const numbers = new KeyMap();
    for (const { keys, vectors } of this.#batches) {
      for (let row = 0; row < countKeys(keys); row += 1) {
        numbers.set(keys, row, this.#rows.length);
        this.#rows.push(vectors.subarray(row * this.#size, (row + 1) * this.#size));
      }
    }
    return numbers;
  }
}
