/** Rows that an encoder gave, by key, for whoever waits for them. */
export class ComputedRows {
  readonly #size: number;
  readonly #batches: { readonly keys: readonly string[]; readonly vectors: Float32Array }[] = [];
  #rows: Map<string, Float32Array> | null = null;

  /** @param size numbers a row. */
  constructor(size: number) {
    this.#size = size;
  }

  add(keys: readonly string[], vectors: Float32Array): void {
    this.#batches.push({ keys, vectors });
  }

  /** By key; listed when somebody asks. */
  get rows(): ReadonlyMap<string, Float32Array> {
    if (this.#rows !== null) return this.#rows;
    const rows = new Map<string, Float32Array>();
    for (const { keys, vectors } of this.#batches) {
      keys.forEach((key, row) => rows.set(key, vectors.subarray(row * this.#size, (row + 1) * this.#size)));
    }
    return (this.#rows = rows);
  }
}
