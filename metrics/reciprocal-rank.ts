import { wholeNumber } from "../lib/contracts/options.js";
import type { RankDepth } from "../lib/tensor/nearest-counts.js";
import { reciprocalRank, type RankProfile } from "../lib/tensor/nearest-profile.js";
import { RetrievalMetric } from "./retrieval-metric.js";
import { refuseOptions, type RetrievalMetricOptions } from "./retrieval-options.js";

/** Options of `ReciprocalRank`. */
export interface ReciprocalRankOptions extends RetrievalMetricOptions {
  /** How many of the nearest rows are looked at; null (default) for all. */
  readonly k?: number | null;
}

/**
 * Reciprocal rank: one over the rank of the nearest relevant row, and 0 when none is among the `k` nearest. Its mean over queries is
 * known as MRR. Other relevant rows, farther away, do not matter.
 */
export class ReciprocalRank extends RetrievalMetric {
  readonly name: string;
  readonly #k: number;

  constructor(options: ReciprocalRankOptions = {}) {
    const { k = null } = options;
    refuseOptions("ReciprocalRank", options, ["k"], [k === null ? null : wholeNumber("k", k, 1)]);
    super(options);
    this.name = k === null ? "reciprocal-rank" : `reciprocal-rank@${k}`;
    this.#k = k ?? Infinity;
  }

  protected override depth(): RankDepth {
    // One level is enough: that of the nearest.
    return { cutoff: 1, first: true };
  }

  protected override measure(profile: RankProfile): number {
    return reciprocalRank(profile, this.#k);
  }
}
