import { refuse, share } from "../lib/contracts/options.js";
import { rankScores } from "../lib/statistics/ranked-scores.js";
import { missRateAt } from "../lib/statistics/verification.js";
import { ScoredPairsMetric, unknownPairOptions, type ScoredPairsOptions } from "./scored-pairs.js";

/** Options of `MissRate`. */
export interface MissRateOptions extends ScoredPairsOptions {
  /** Largest share of different pairs that may be taken for similar. Default 0.01. */
  readonly falseMatchRate?: number;
}

/**
 * False non-match rate at a false match rate (FNMR@FMR): which share of similar pairs (score above 0) is missed by the largest threshold
 * that takes no more than `falseMatchRate` of the different pairs. 0 is best.
 */
export class MissRate extends ScoredPairsMetric {
  readonly name: string;
  readonly higherIsBetter = false;
  readonly #rate: number;

  constructor(options: MissRateOptions = {}) {
    const { falseMatchRate = 0.01 } = options;
    refuse("MissRate", [share("falseMatchRate", falseMatchRate), ...unknownPairOptions(options, ["falseMatchRate"])]);
    super(options);
    this.name = `miss-rate@${falseMatchRate}`;
    this.#rate = falseMatchRate;
  }

  protected override measure(distances: Float32Array, scores: Float64Array): number {
    const ranked = rankScores(
      distances.map((distance) => -distance),
      scores,
    );
    return ranked === null ? NaN : missRateAt(ranked, this.#rate);
  }
}
