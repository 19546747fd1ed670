/** Rounds of power iteration; the first direction of sentence vectors stands far out, so that few are needed. */
const ROUNDS = 200;

/** The direction that rows have most in common: the first right singular vector of all of them, found without keeping them. */
export class CommonComponent {
  readonly #size: number;
  /** Sum of the products of every two numbers of a row, the lower triangle. */
  readonly #products: Float64Array;

  constructor(size: number) {
    this.#size = size;
    this.#products = new Float64Array(size * size);
  }

  add(row: Float32Array): void {
    const size = this.#size;
    for (let i = 0; i < size; i += 1) {
      const value = row[i]!;
      if (value === 0) continue;
      for (let j = 0; j <= i; j += 1) this.#products[i * size + j]! += value * row[j]!;
    }
  }

  /** `[size]` of length 1, or zeros when all rows were zero. */
  direction(): Float32Array {
    const size = this.#size;
    let current = Float64Array.from({ length: size }, (_, i) => 1 + (i % 7) / 7);
    for (let round = 0; round < ROUNDS; round += 1) {
      const next = this.#times(current);
      const length = Math.hypot(...next);
      if (length === 0) return new Float32Array(size);
      let moved = 0;
      for (let i = 0; i < size; i += 1) {
        next[i]! /= length;
        moved += Math.abs(next[i]! - current[i]!);
      }
      current = next;
      if (moved < 1e-9) break;
    }
    return Float32Array.from(current);
  }

  #times(vector: Float64Array): Float64Array<ArrayBuffer> {
    const size = this.#size;
    const result = new Float64Array(size);
    for (let i = 0; i < size; i += 1) {
      for (let j = 0; j < i; j += 1) {
        const product = this.#products[i * size + j]!;
        result[i]! += product * vector[j]!;
        result[j]! += product * vector[i]!;
      }
      result[i]! += this.#products[i * size + i]! * vector[i]!;
    }
    return result;
  }
}

/** Takes the part along `direction` out of each row of `rows` `[n, size]`. */
export function withoutComponent(rows: Float32Array, direction: Float32Array): void {
  const size = direction.length;
  for (let start = 0; start < rows.length; start += size) {
    let along = 0;
    for (let i = 0; i < size; i += 1) along += rows[start + i]! * direction[i]!;
    for (let i = 0; i < size; i += 1) rows[start + i]! -= along * direction[i]!;
  }
}
