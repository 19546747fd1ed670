import { Random } from "../../lib/random.js";

/** More cost memory; with these a quantile is off by less than one percent of the values. */
const KEPT = 10_000;

/** Quantiles of numbers that come one by one, from a random sample of fixed size (reservoir; Vitter, ACM TOMS 1985). */
export class QuantileSample {
  readonly #kept: number[] = [];
  readonly #random = new Random("quantiles");
  #seen = 0;

  add(value: number): void {
    this.#seen += 1;
    if (this.#kept.length < KEPT) this.#kept.push(value);
    else {
      const place = this.#random.integer(this.#seen);
      if (place < KEPT) this.#kept[place] = value;
    }
  }

  /** `count + 1` numbers from the smallest to the largest with equally many values between them; zeros when there were none. */
  divide(count: number): number[] {
    const sorted = Float64Array.from(this.#kept).sort();
    const last = sorted.length - 1;
    return Array.from({ length: count + 1 }, (_, i) => {
      const at = (i / count) * Math.max(last, 0);
      const below = sorted[Math.floor(at)] ?? 0;
      const above = sorted[Math.ceil(at)] ?? 0;
      return below + (above - below) * (at - Math.floor(at));
    });
  }
}

/** Where a number stands among sorted quantiles, from 0 to 1; in the middle of those that equal it. */
export function rankAmong(quantiles: readonly number[], value: number): number {
  const last = quantiles.length - 1;
  const from = countBelow(quantiles, value, false);
  const to = countBelow(quantiles, value, true);
  if (to > from) return (from + to - 1) / 2 / last;
  if (from === 0) return 0;
  if (from > last) return 1;
  const below = quantiles[from - 1]!;
  return (from - 1 + (value - below) / (quantiles[from]! - below)) / last;
}

/** How many of the sorted numbers are below `value`, or not above it. */
export function countBelow(sorted: readonly number[], value: number, orEqual: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value || (orEqual && sorted[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}
