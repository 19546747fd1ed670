import { wholeNumber } from "../lib/contracts/options.js";
import type { RankDepth } from "../lib/tensor/nearest-counts.js";
import { discountedGain, type RankProfile } from "../lib/tensor/nearest-profile.js";
import type { NearestOptions } from "./precision.js";
import { RetrievalMetric } from "./retrieval-metric.js";
import { refuseOptions } from "./retrieval-options.js";

/**
 * Normalized discounted cumulative gain at k (nDCG@k): each relevant row among the `k` nearest counts `gain / log2(1 + rank)`, and the sum
 * is divided by the largest that is possible. The gain of a row is 1; of tuples, the score of the positive. Default k 10.
 *
 * Järvelin, Kekäläinen, "Cumulated Gain-Based Evaluation of IR Techniques", TOIS 2002.
 */
export class NormalizedDiscountedGain extends RetrievalMetric {
  readonly name: string;
  readonly #k: number;

  constructor(options: NearestOptions = {}) {
    const { k = 10 } = options;
    refuseOptions("NormalizedDiscountedGain", options, ["k"], [wholeNumber("k", k, 1)]);
    super(options);
    this.name = `ndcg@${k}`;
    this.#k = k;
  }

  protected override depth(): RankDepth {
    return { cutoff: this.#k, first: false };
  }

  protected override measure(profile: RankProfile, gains: Float64Array | null): number {
    return discountedGain(profile, this.#k) / largestGain(profile, gains, this.#k);
  }
}

function largestGain({ relevant }: RankProfile, gains: Float64Array | null, k: number): number {
  const best = gains?.toSorted().reverse();
  let sum = 0;
  for (let rank = 1; rank <= Math.min(k, relevant); rank += 1) sum += (best?.[rank - 1] ?? 1) / Math.log2(1 + rank);
  return sum;
}
