import type { Random } from "../random.js";

/** A number with what it could have been, had other examples been drawn. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Options of `bootstrapMean`. */
export interface BootstrapOptions {
  /** How often examples are drawn again. Default 1,000. */
  readonly resamples?: number;
  /** Share of the drawn means between `low` and `high`. Default 0.95. */
  readonly confidence?: number;
  /** Weight of each value in the mean. Default 1. */
  readonly weights?: ArrayLike<number>;
}

/**
 * The mean of values with a percentile bootstrap interval: as many values are drawn with replacement, many times, and the interval holds
 * the middle share of the means. NaN throughout for no values.
 *
 * Efron, Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
 */
export function bootstrapMean(values: ArrayLike<number>, random: Random, options: BootstrapOptions = {}): Interval {
  const { resamples = 1000, confidence = 0.95, weights } = options;
  const { length } = values;
  const mean = (pick: (at: number) => number): number => {
    let sum = 0;
    let total = 0;
    for (let at = 0; at < length; at += 1) {
      const chosen = pick(at);
      const weight = weights?.[chosen] ?? 1;
      sum += weight * values[chosen]!;
      total += weight;
    }
    return sum / total;
  };
  const value = mean((at) => at);
  if (!Number.isFinite(value)) return { value, low: NaN, high: NaN };
  const means = Float64Array.from({ length: resamples }, () => mean(() => random.integer(length)));
  means.sort();
  return { value, low: quantile(means, (1 - confidence) / 2), high: quantile(means, (1 + confidence) / 2) };
}

/** Linear between the neighbours, as most programs do it. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] ?? NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? NaN;
  return low + (high - low) * (place - below);
}
