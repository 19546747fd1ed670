import { symmetricEigen } from "./symmetric-eigen.js";

/** Rows of numbers, one after the other. */
interface Rows {
  readonly data: Float32Array;
  readonly rows: number;
  readonly size: number;
}

/**
 * How rows vary, added up as they come: keeps `size²` numbers, however many rows there are. In float64, moved by the first row so that
 * rows far from the origin lose nothing.
 */
export class Variation {
  readonly #size: number;
  readonly #products: Float64Array;
  readonly #sums: Float64Array;
  #first: Float64Array | null = null;
  #rows = 0;
  #finite = true;

  constructor(size: number) {
    this.#size = size;
    this.#products = new Float64Array(size * size);
    this.#sums = new Float64Array(size);
  }

  get rows(): number {
    return this.#rows;
  }

  add({ data, rows, size }: Rows): void {
    if (rows === 0) return;
    this.#first ??= Float64Array.from(data.subarray(0, size));
    const moved = new Float64Array(size);
    for (let row = 0; row < rows; row += 1) {
      for (let at = 0; at < size; at += 1) {
        moved[at] = data[row * size + at]! - this.#first[at]!;
        this.#finite &&= Number.isFinite(moved[at]);
        this.#sums[at]! += moved[at]!;
      }
      this.#addProducts(moved);
    }
    this.#rows += rows;
  }

  /** The lower triangle alone. */
  #addProducts(moved: Float64Array): void {
    const size = this.#size;
    const products = this.#products;
    for (let at = 0; at < size; at += 1) {
      const value = moved[at]!;
      if (value === 0) continue;
      const start = at * size;
      for (let other = 0; other <= at; other += 1) products[start + other]! += value * moved[other]!;
    }
  }

  /** Variance along each principal component, largest first; null when a number was not finite. */
  variances(): Float64Array | null {
    if (!this.#finite) return null;
    const size = this.#size;
    const covariance = this.#products.map((product, at) => {
      const mean = (this.#sums[Math.floor(at / size)]! * this.#sums[at % size]!) / this.#rows;
      return (product - mean) / this.#rows;
    });
    return symmetricEigen(covariance, size).values.map((value) => Math.max(0, value));
  }
}

/**
 * How few principal components have at least a share of the variance between them. NaN when nothing varies.
 *
 * @param variances largest first.
 */
export function componentsFor(variances: Float64Array, share: number): number {
  const total = variances.reduce((sum, value) => sum + value, 0);
  if (!(total > 0)) return NaN;
  // A share that is reached but for rounding is reached.
  const wanted = share * total * (1 - 1e-9);
  let sum = 0;
  for (const [at, value] of variances.entries()) {
    sum += value;
    if (sum >= wanted) return at + 1;
  }
  return variances.length;
}
