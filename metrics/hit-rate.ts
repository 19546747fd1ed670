import { wholeNumber } from "../lib/contracts/options.js";
import type { RankDepth } from "../lib/tensor/nearest-counts.js";
import { anyHit, type RankProfile } from "../lib/tensor/nearest-profile.js";
import type { NearestOptions } from "./precision.js";
import { RetrievalMetric } from "./retrieval-metric.js";
import { refuseOptions } from "./retrieval-options.js";

/** Hit rate at k: how many queries have at least one relevant row among their `k` nearest. Also called accuracy at k. */
export class HitRate extends RetrievalMetric {
  readonly name: string;
  readonly #k: number;

  constructor(options: NearestOptions = {}) {
    const { k = 1 } = options;
    refuseOptions("HitRate", options, ["k"], [wholeNumber("k", k, 1)]);
    super(options);
    this.name = `hit-rate@${k}`;
    this.#k = k;
  }

  protected override depth(): RankDepth {
    return { cutoff: this.#k, first: false };
  }

  protected override measure(profile: RankProfile): number {
    return anyHit(profile, this.#k);
  }
}
