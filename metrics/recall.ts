import { wholeNumber } from "../lib/contracts/options.js";
import type { RankDepth } from "../lib/tensor/nearest-counts.js";
import { hits, type RankProfile } from "../lib/tensor/nearest-profile.js";
import type { NearestOptions } from "./precision.js";
import { RetrievalMetric } from "./retrieval-metric.js";
import { refuseOptions } from "./retrieval-options.js";

/** Recall at k: which share of a query's relevant rows is among its `k` nearest. When more than `k` are relevant it cannot reach 1. */
export class Recall extends RetrievalMetric {
  readonly name: string;
  readonly #k: number;

  constructor(options: NearestOptions = {}) {
    const { k = 1 } = options;
    refuseOptions("Recall", options, ["k"], [wholeNumber("k", k, 1)]);
    super(options);
    this.name = `recall@${k}`;
    this.#k = k;
  }

  protected override depth(): RankDepth {
    return { cutoff: this.#k, first: false };
  }

  protected override measure(profile: RankProfile): number {
    return hits(profile, this.#k) / profile.relevant;
  }
}
