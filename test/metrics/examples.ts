import {
  HitRate,
  MatchCharacteristic,
  MeanAveragePrecision,
  NormalizedDiscountedGain,
  Precision,
  RPrecision,
  Recall,
  ReciprocalRank,
  type RetrievalMetric,
  type RetrievalMetricOptions,
} from "likewise/metrics";
import { plainMeasure, type PlainMeasure } from "../support/plain-ranking.js";

export /** Every metric with its definition. */
const examples: readonly (readonly [
  make: (options: RetrievalMetricOptions) => RetrievalMetric,
  plain: PlainMeasure,
])[] = [
  [(options) => new Precision(options), plainMeasure.precision(1)],
  [(options) => new Precision({ ...options, k: 3 }), plainMeasure.precision(3)],
  [(options) => new Recall(options), plainMeasure.recall(1)],
  [(options) => new Recall({ ...options, k: 4 }), plainMeasure.recall(4)],
  [(options) => new HitRate({ ...options, k: 2 }), plainMeasure.hitRate(2)],
  [(options) => new MatchCharacteristic(options), areaUnderHits(10)],
  [(options) => new MatchCharacteristic({ ...options, ranks: 3 }), areaUnderHits(3)],
  [(options) => new ReciprocalRank(options), plainMeasure.reciprocalRank()],
  [(options) => new ReciprocalRank({ ...options, k: 3 }), plainMeasure.reciprocalRank(3)],
  [(options) => new RPrecision(options), plainMeasure.rPrecision()],
  [(options) => new NormalizedDiscountedGain(options), plainMeasure.ndcg(10)],
  [(options) => new NormalizedDiscountedGain({ ...options, k: 2 }), plainMeasure.ndcg(2)],
  [(options) => new MeanAveragePrecision(options), plainMeasure.averagePrecision("R")],
  [(options) => new MeanAveragePrecision({ ...options, k: 3 }), plainMeasure.averagePrecision(3)],
  [(options) => new MeanAveragePrecision({ ...options, k: "all" }), plainMeasure.averagePrecision(Infinity)],
];

/** Mean of the hit rates at 1, 2, …, `ranks`. */
function areaUnderHits(ranks: number): PlainMeasure {
  const rates = Array.from({ length: ranks }, (_, at) => plainMeasure.hitRate(at + 1));
  return (ranked) => rates.reduce((sum, rate) => sum + rate(ranked), 0) / ranks;
}
