/**
 * How good embeddings are.
 *
 * @module likewise/metrics
 */

export { AreaUnderCurve } from "./area-under-curve.js";
export { AveragePrecision } from "./average-precision.js";
export { BestThreshold, type BestThresholdOptions } from "./best-threshold.js";
export { ClusterAgreement, type ClusterAgreementOptions } from "./cluster-agreement.js";
export { ComponentShare, type ComponentShareOptions } from "./component-share.js";
export { Correlation, type CorrelationOptions } from "./correlation.js";
export { HitRate } from "./hit-rate.js";
export type { RetrievalKind } from "./kind.js";
export { MatchCharacteristic, type MatchCharacteristicOptions } from "./match-characteristic.js";
export { MeanAveragePrecision, type MeanAveragePrecisionOptions } from "./mean-average-precision.js";
export { MissRate, type MissRateOptions } from "./miss-rate.js";
export { NormalizedDiscountedGain } from "./normalized-discounted-gain.js";
export type { PairDirection } from "./pair-rows.js";
export { Precision, type NearestOptions } from "./precision.js";
export { Recall } from "./recall.js";
export { ReciprocalRank, type ReciprocalRankOptions } from "./reciprocal-rank.js";
export { RetrievalMetric, type GroupValue } from "./retrieval-metric.js";
export type { RetrievalMetricOptions } from "./retrieval-options.js";
export { RPrecision, type RPrecisionOptions } from "./r-precision.js";
export { ScoredPairsMetric, type ScoredPairsOptions } from "./scored-pairs.js";
export { TripletAccuracy, type TripletAccuracyOptions } from "./triplet-accuracy.js";
export type { ThresholdMeasure } from "../lib/statistics/verification.js";
export type { RankDepth } from "../lib/tensor/nearest-counts.js";
export { anyHit, hits, reciprocalRank, type RankLevel, type RankProfile } from "../lib/tensor/nearest-profile.js";
