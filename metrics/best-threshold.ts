import { oneOf, refuse } from "../lib/contracts/options.js";
import { rankScores } from "../lib/statistics/ranked-scores.js";
import { bestCut, type ThresholdMeasure } from "../lib/statistics/verification.js";
import { ScoredPairsMetric, unknownPairOptions, type ScoredPairsOptions } from "./scored-pairs.js";

/** Options of `BestThreshold`. */
export interface BestThresholdOptions extends ScoredPairsOptions {
  /** "f1" (default), "accuracy" or "mcc", the Matthews correlation. */
  readonly measure?: ThresholdMeasure;
}

/**
 * What the best threshold on the distance reaches, when pairs below it are taken for similar (score above 0). The threshold is chosen on
 * the same pairs, so that the value is what could be had; `calibrate` chooses one to be used on others.
 */
export class BestThreshold extends ScoredPairsMetric {
  readonly name: string;
  readonly higherIsBetter = true;
  readonly #measure: ThresholdMeasure;

  constructor(options: BestThresholdOptions = {}) {
    const { measure = "f1" } = options;
    refuse("BestThreshold", [
      oneOf("measure", measure, ["f1", "accuracy", "mcc"]),
      ...unknownPairOptions(options, ["measure"]),
    ]);
    super(options);
    this.name = `best-${measure}`;
    this.#measure = measure;
  }

  protected override measure(distances: Float32Array, scores: Float64Array): number {
    const ranked = rankScores(
      distances.map((distance) => -distance),
      scores,
    );
    return ranked === null || ranked.positives === 0 ? NaN : bestCut(ranked, this.#measure).value;
  }
}
