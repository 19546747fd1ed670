import { wholeNumber } from "../lib/contracts/options.js";
import type { RankDepth } from "../lib/tensor/nearest-counts.js";
import { summedPrecision, type RankProfile } from "../lib/tensor/nearest-profile.js";
import { RetrievalMetric } from "./retrieval-metric.js";
import { refuseOptions, type RetrievalMetricOptions } from "./retrieval-options.js";

/** Options of `MeanAveragePrecision`. */
export interface MeanAveragePrecisionOptions extends RetrievalMetricOptions {
  /** How many of the nearest rows are looked at; "R" (default) for as many as are relevant, "all" for all of them. */
  readonly k?: number | "R" | "all";
}

/**
 * Mean average precision at k: the precision at the rank of each relevant row among the `k` nearest, summed, and divided by how many
 * could be there, `min(k, R)`. With `k: "all"` it is average precision as it is known from retrieval. Like R-precision, but the order among the nearest matters.
 *
 * Musgrave, Belongie, Lim, "A Metric Learning Reality Check", ECCV 2020 (MAP@R).
 */
export class MeanAveragePrecision extends RetrievalMetric {
  readonly name: string;
  readonly #k: number | "R" | "all";

  constructor(options: MeanAveragePrecisionOptions = {}) {
    const { k = "R" } = options;
    refuseOptions("MeanAveragePrecision", options, ["k"], [k === "R" || k === "all" ? null : wholeNumber("k", k, 1)]);
    super(options);
    this.name = `map@${k}`;
    this.#k = k;
  }

  protected override depth(relevant: number): RankDepth {
    return { cutoff: this.#cutoff(relevant), first: false };
  }

  protected override measure(profile: RankProfile): number {
    const k = this.#cutoff(profile.relevant);
    return summedPrecision(profile, k) / Math.min(k, profile.relevant);
  }

  #cutoff(relevant: number): number {
    if (this.#k === "all") return Infinity;
    return this.#k === "R" ? relevant : this.#k;
  }
}
