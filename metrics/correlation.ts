import { oneOf, refuse } from "../lib/contracts/options.js";
import { pearson, spearman } from "../lib/statistics/correlation.js";
import { ScoredPairsMetric, unknownPairOptions, type ScoredPairsOptions } from "./scored-pairs.js";

/** Options of `Correlation`. */
export interface CorrelationOptions extends ScoredPairsOptions {
  /** "spearman" (default): whether the order is right; "pearson": whether the relation is a straight line. */
  readonly method?: "spearman" | "pearson";
}

/**
 * Correlation of nearness with the score that each pair should have, for graded scores as in semantic textual similarity. 1 when the
 * nearer pair always has the higher score, 0 for no relation; NaN when all scores are equal.
 */
export class Correlation extends ScoredPairsMetric {
  readonly name: string;
  readonly higherIsBetter = true;
  readonly #correlate: (left: ArrayLike<number>, right: ArrayLike<number>) => number;

  constructor(options: CorrelationOptions = {}) {
    const { method = "spearman" } = options;
    refuse("Correlation", [
      oneOf("method", method, ["spearman", "pearson"]),
      ...unknownPairOptions(options, ["method"]),
    ]);
    super(options);
    this.name = method;
    this.#correlate = method === "spearman" ? spearman : pearson;
  }

  protected override measure(distances: Float32Array, scores: Float64Array): number {
    return this.#correlate(
      distances.map((distance) => -distance),
      scores,
    );
  }
}
