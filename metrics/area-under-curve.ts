import { refuse } from "../lib/contracts/options.js";
import { rankScores } from "../lib/statistics/ranked-scores.js";
import { areaUnderCurve } from "../lib/statistics/verification.js";
import { ScoredPairsMetric, unknownPairOptions, type ScoredPairsOptions } from "./scored-pairs.js";

/**
 * Area under the receiver operating characteristic of pairs: the probability that a similar pair (score above 0) is nearer than a
 * different one, equal distances counting half. 1 when all similar pairs are nearer, 0.5 for guesses; NaN when there is only one sort.
 */
export class AreaUnderCurve extends ScoredPairsMetric {
  readonly name = "auc";
  readonly higherIsBetter = true;

  constructor(options: ScoredPairsOptions = {}) {
    refuse("AreaUnderCurve", unknownPairOptions(options, []));
    super(options);
  }

  protected override measure(distances: Float32Array, scores: Float64Array): number {
    const ranked = rankScores(
      distances.map((distance) => -distance),
      scores,
    );
    return ranked === null ? NaN : areaUnderCurve(ranked);
  }
}
