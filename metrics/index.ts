/**
 * How good embeddings are.
 *
 * @module likewise/metrics
 */

export { HitRate } from "./hit-rate.js";
export type { RetrievalKind } from "./kind.js";
export { MeanAveragePrecision, type MeanAveragePrecisionOptions } from "./mean-average-precision.js";
export type { PairDirection } from "./pair-rows.js";
export { Precision, type NearestOptions } from "./precision.js";
export { Recall } from "./recall.js";
export { ReciprocalRank, type ReciprocalRankOptions } from "./reciprocal-rank.js";
export { RetrievalMetric, type RetrievalMetricOptions } from "./retrieval-metric.js";
export { RPrecision, type RPrecisionOptions } from "./r-precision.js";
export type { RankDepth } from "../lib/tensor/nearest-counts.js";
export { anyHit, hits, reciprocalRank, type RankLevel, type RankProfile } from "../lib/tensor/nearest-profile.js";
