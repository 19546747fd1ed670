import { atLeast, refuse, requireOptions, unknownOptions, wholeNumber } from "../contracts/options.js";
import type { Postprocessor, Ranked } from "./postprocessor.js";

/** Keeps results that are no farther than a distance, such as the threshold that `calibrate` finds. */
export class ConstantThreshold implements Postprocessor<unknown, Ranked> {
  readonly distance: number;

  /** @throws ConfigError. */
  constructor(options: { readonly distance: number }) {
    requireOptions("ConstantThreshold", options, "options such as { distance: 0.4 }");
    refuse("ConstantThreshold", [
      typeof options.distance === "number" && !Number.isNaN(options.distance) ? null : "distance: expected a number",
      ...unknownOptions(options, ["distance"]),
    ]);
    this.distance = options.distance;
  }

  apply<Result extends Ranked>(
    _queries: readonly unknown[],
    results: readonly (readonly Result[])[],
  ): Promise<Result[][]> {
    return Promise.resolve(results.map((list) => list.filter(({ distance }) => distance <= this.distance)));
  }
}

/** Options of `AdaptiveThreshold`. */
export interface AdaptiveThresholdOptions {
  /** How many standard deviations the widest gap must be above the mean of all gaps of the list. Default 2. */
  readonly deviations?: number;
  /** Results that are kept in any case. Default 1. */
  readonly least?: number;
}

/**
 * Cuts each list at its widest gap between neighbouring distances, if that stands out: if it is at least the mean of the gaps plus
 * `deviations` times their standard deviation. Otherwise all are kept. Where results that match and others lie apart, no threshold has to be
 * chosen for all queries. Among n gaps none stands out by more than `√(n - 1)` deviations: with the default lists of six results or more may
 * be cut.
 */
export class AdaptiveThreshold implements Postprocessor<unknown, Ranked> {
  readonly deviations: number;
  readonly least: number;

  /** @throws ConfigError. */
  constructor(options: AdaptiveThresholdOptions = {}) {
    const { deviations = 2, least = 1 } = options;
    refuse("AdaptiveThreshold", [
      atLeast("deviations", deviations, 0),
      wholeNumber("least", least, 1),
      ...unknownOptions(options, ["deviations", "least"]),
    ]);
    this.deviations = deviations;
    this.least = least;
  }

  apply<Result extends Ranked>(
    _queries: readonly unknown[],
    results: readonly (readonly Result[])[],
  ): Promise<Result[][]> {
    return Promise.resolve(results.map((list) => list.slice(0, this.#kept(list))));
  }

  #kept(list: readonly Ranked[]): number {
    const gaps = list.slice(1).map(({ distance }, at) => distance - list[at]!.distance);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    const widest = Math.max(...gaps.slice(this.least - 1));
    // Gaps that are equal but for rounding have none that stands out.
    if (!(deviation > 1e-6 * mean) || !(widest >= (mean + this.deviations * deviation) * (1 - 1e-12)))
      return list.length;
    return gaps.indexOf(widest, this.least - 1) + 1;
  }
}
