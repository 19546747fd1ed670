import { refuse } from "../lib/contracts/options.js";
import { rankScores } from "../lib/statistics/ranked-scores.js";
import { averagePrecision } from "../lib/statistics/verification.js";
import { ScoredPairsMetric, unknownPairOptions, type ScoredPairsOptions } from "./scored-pairs.js";

/**
 * Average precision of pairs: precision at each distance that takes one more similar pair (score above 0), averaged over the similar
 * pairs. Unlike the area under the curve it falls when there are many different pairs for each similar one. 1 when all similar pairs
 * are nearer; NaN when there is none.
 */
export class AveragePrecision extends ScoredPairsMetric {
  readonly name = "average-precision";
  readonly higherIsBetter = true;

  constructor(options: ScoredPairsOptions = {}) {
    refuse("AveragePrecision", unknownPairOptions(options, []));
    super(options);
  }

  protected override measure(distances: Float32Array, scores: Float64Array): number {
    const ranked = rankScores(
      distances.map((distance) => -distance),
      scores,
    );
    return ranked === null ? NaN : averagePrecision(ranked);
  }
}
