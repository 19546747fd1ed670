import { wholeNumber } from "../lib/contracts/options.js";
import type { RankDepth } from "../lib/tensor/nearest-counts.js";
import { hits, type RankProfile } from "../lib/tensor/nearest-profile.js";
import { RetrievalMetric } from "./retrieval-metric.js";
import { refuseOptions, type RetrievalMetricOptions } from "./retrieval-options.js";

/** Options of metrics that look at the nearest rows. */
export interface NearestOptions extends RetrievalMetricOptions {
  /** How many of the nearest rows are looked at. Default 1. */
  readonly k?: number;
}

/**
 * Precision at k: which share of a query's `k` nearest rows is relevant. When fewer than `k` rows are relevant it cannot reach 1.
 */
export class Precision extends RetrievalMetric {
  readonly name: string;
  readonly #k: number;

  constructor(options: NearestOptions = {}) {
    const { k = 1 } = options;
    refuseOptions("Precision", options, ["k"], [wholeNumber("k", k, 1)]);
    super(options);
    this.name = `precision@${k}`;
    this.#k = k;
  }

  protected override depth(): RankDepth {
    return { cutoff: this.#k, first: false };
  }

  protected override measure(profile: RankProfile): number {
    return hits(profile, this.#k) / this.#k;
  }
}
