import { oneOf } from "../lib/contracts/options.js";
import type { RankDepth } from "../lib/tensor/nearest-counts.js";
import { hits, type RankProfile } from "../lib/tensor/nearest-profile.js";
import { RetrievalMetric } from "./retrieval-metric.js";
import { refuseOptions, type RetrievalMetricOptions } from "./retrieval-options.js";

/** Options of `RPrecision`. */
export interface RPrecisionOptions extends RetrievalMetricOptions {
  /**
   * "macro" (default): the mean over queries. "micro": the mean over all places that are looked at, so that a query weighs as much as
   * it has relevant rows, and large groups more than small ones.
   */
  readonly average?: "macro" | "micro";
}

/**
 * R-precision: which share of a query's `R` nearest rows is relevant, `R` being the number of its relevant rows. 1 when all of them
 * are nearer than everything else. A row that is alone in its group has nothing to find and does not count.
 */
export class RPrecision extends RetrievalMetric {
  readonly name = "r-precision";
  readonly #micro: boolean;

  constructor(options: RPrecisionOptions = {}) {
    const { average = "macro" } = options;
    refuseOptions("RPrecision", options, ["average"], [oneOf("average", average, ["macro", "micro"])]);
    super(options);
    this.#micro = average === "micro";
  }

  protected override depth(relevant: number): RankDepth {
    return { cutoff: relevant, first: false };
  }

  protected override measure(profile: RankProfile): number {
    return hits(profile, profile.relevant) / profile.relevant;
  }

  protected override weigh(profile: RankProfile): number {
    return this.#micro ? profile.relevant : 1;
  }
}
