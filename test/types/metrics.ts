/** Metrics of a fixed kind fit models of that kind alone. `npm test` compiles this file; nothing in it runs. */
import { attach, TrainableModel, type AttachedMetric, type SimilarityLoss } from "likewise";
import { VectorEncoder } from "likewise/encoders";
import { IdentityHead } from "likewise/heads";
import * as metrics from "likewise/metrics";

type Attached<K extends "pair" | "group" | "tuple" | "label"> = readonly AttachedMetric<K>[];

// What each is of follows from its class alone.
const ofPairs = [
  attach(new metrics.Correlation()),
  attach(new metrics.AreaUnderCurve()),
  attach(new metrics.AveragePrecision()),
  attach(new metrics.BestThreshold()),
  attach(new metrics.MissRate({ falseMatchRate: 0.01 })),
];
const ofTuples = attach(new metrics.TripletAccuracy());
const ofGroups = attach(new metrics.ClusterAgreement());
const ofAny = attach(new metrics.ComponentShare());
const ranked = [
  attach(new metrics.Precision()),
  attach(new metrics.Recall()),
  attach(new metrics.HitRate()),
  attach(new metrics.ReciprocalRank()),
  attach(new metrics.RPrecision()),
  attach(new metrics.MeanAveragePrecision()),
  attach(new metrics.NormalizedDiscountedGain()),
  attach(new metrics.MatchCharacteristic()),
];

export const fits: readonly [Attached<"pair">, Attached<"tuple">, Attached<"group">, Attached<"label">] = [
  [...ofPairs, ...ranked, ofAny],
  [ofTuples, ...ranked, ofAny],
  [ofGroups, ...ranked, ofAny],
  [ofAny],
];

// @ts-expect-error a metric of scored pairs
export const correlation: Attached<"group"> = [attach(new metrics.Correlation())];
// @ts-expect-error a metric of scored pairs
export const auc: Attached<"group"> = [attach(new metrics.AreaUnderCurve())];
// @ts-expect-error a metric of scored pairs
export const averagePrecision: Attached<"tuple"> = [attach(new metrics.AveragePrecision())];
// @ts-expect-error a metric of scored pairs
export const threshold: Attached<"group"> = [attach(new metrics.BestThreshold())];
// @ts-expect-error a metric of scored pairs
export const missRate: Attached<"group"> = [attach(new metrics.MissRate({ falseMatchRate: 0.01 }))];
// @ts-expect-error a metric of tuples
export const triplets: Attached<"group"> = [attach(new metrics.TripletAccuracy())];
// @ts-expect-error a metric of groups
export const clusters: Attached<"pair"> = [attach(new metrics.ClusterAgreement())];
// @ts-expect-error samples with labels say nothing of which items should be found
export const precision: Attached<"label"> = [attach(new metrics.Precision())];

abstract class Vectors<K extends "pair" | "group"> extends TrainableModel<K, readonly number[]> {
  declare readonly loss: SimilarityLoss<K>;
  override configureEncoders() {
    return new VectorEncoder(3);
  }
  override configureHead(inputSize: number) {
    return new IdentityHead(inputSize);
  }
  override configureLoss() {
    return this.loss;
  }
}

export class Agreement extends Vectors<"group"> {
  override configureMetrics() {
    return [attach(new metrics.ClusterAgreement()), attach(new metrics.RPrecision(), { progress: true })];
  }
}

export class CorrelationOfGroups extends Vectors<"group"> {
  // @ts-expect-error a metric of scored pairs in a model of groups
  override configureMetrics() {
    return attach(new metrics.Correlation());
  }
}

export class ClustersOfPairs extends Vectors<"pair"> {
  // @ts-expect-error a metric of groups in a model of pairs
  override configureMetrics() {
    return [attach(new metrics.RPrecision()), attach(new metrics.ClusterAgreement())];
  }
}
