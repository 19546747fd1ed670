/**
 * What good embeddings are.
 *
 * @module likewise/losses
 */

export { AnglELoss, type AnglEOptions } from "./angle.js";
export { AngularLoss, type AngularOptions } from "./angular.js";
export { ArcFaceLoss, type ArcFaceOptions } from "./arcface.js";
export { BarlowTwinsLoss, type BarlowTwinsOptions } from "./barlow-twins.js";
export { CenterLoss, type CenterOptions } from "./center.js";
export { CircleLoss, type CircleOptions } from "./circle.js";
export { ContrastiveLoss, type ContrastiveOptions } from "./contrastive.js";
export { CoSENTLoss, type CoSENTOptions } from "./cosent.js";
export { CosFaceLoss, type CosFaceOptions } from "./cosface.js";
export { CosineSimilarityLoss } from "./cosine-similarity.js";
export {
  DISTANCE_MATRIX_KEYS,
  DistanceMatrixLoss,
  type DistanceMatrixOptions,
  type Judgement,
} from "./distance-matrix-loss.js";
export { DistillKLLoss, type DistillKLOptions } from "./distill-kl.js";
export { DynamicSoftMarginLoss, type DynamicSoftMarginOptions } from "./dynamic-soft-margin.js";
export { EmbeddingDistillationLoss, type EmbeddingDistillationOptions } from "./embedding-distillation.js";
export { FastAPLoss, type FastAPOptions } from "./fast-ap.js";
export {
  GeneralizedLiftedStructureLoss,
  type GeneralizedLiftedStructureOptions,
} from "./generalized-lifted-structure.js";
export {
  GuidedMultipleNegativesRankingLoss,
  type GuidedMultipleNegativesRankingOptions,
} from "./guided-multiple-negatives-ranking.js";
export { HardClusterLoss, type HardClusterOptions } from "./hard-cluster.js";
export { HistogramLoss, type HistogramOptions } from "./histogram.js";
export { InstanceLoss, type InstanceOptions } from "./instance.js";
export { IntraPairVarianceLoss, type IntraPairVarianceOptions } from "./intra-pair-variance.js";
export { LargeMarginSoftmaxLoss, type LargeMarginSoftmaxOptions } from "./large-margin-softmax.js";
export { LiftedStructureLoss, type LiftedStructureOptions } from "./lifted-structure.js";
export { ManifoldLoss, type ManifoldOptions } from "./manifold.js";
export { MarginLoss, type MarginOptions } from "./margin.js";
export { MarginMSELoss, type MarginMSEOptions } from "./margin-mse.js";
export { MultiSimilarityLoss, type MultiSimilarityOptions } from "./multi-similarity.js";
export { MultipleNegativesRankingLoss, type MultipleNegativesRankingOptions } from "./multiple-negatives-ranking.js";
export { NormalizedSoftmaxLoss, type NormalizedSoftmaxOptions } from "./normalized-softmax.js";
export { NPairsLoss, type NPairsOptions } from "./n-pairs.js";
export { NCALoss, type NCAOptions } from "./nca.js";
export { NTXentLoss, type NTXentOptions } from "./nt-xent.js";
export { OnlineContrastiveLoss, type OnlineContrastiveOptions } from "./online-contrastive.js";
export { P2SGradLoss } from "./p2s-grad.js";
export { PNPLoss, type PNPOptions, type PNPVariant } from "./pnp.js";
export { ProxyAnchorLoss, type ProxyAnchorOptions } from "./proxy-anchor.js";
export { ProxyClassification } from "./proxy-classification.js";
export { ProxyLoss, type ProxyParameters } from "./proxy-loss.js";
export type { ProxyOptions, ProxySettings } from "./proxy-options.js";
export { ProxyNCALoss, type ProxyNCAOptions } from "./proxy-nca.js";
export { RankedListLoss, type RankedListOptions } from "./ranked-list.js";
export { SignalToNoiseContrastiveLoss, type SignalToNoiseContrastiveOptions } from "./signal-to-noise-contrastive.js";
export { SimSiamLoss, type SimSiamOptions, type SimSiamParameters } from "./sim-siam.js";
export { SoftmaxLoss, type SoftmaxOptions } from "./softmax.js";
export { SoftTripleLoss, type SoftTripleOptions } from "./soft-triple.js";
export { SubCenterArcFaceLoss, type SubCenterArcFaceOptions } from "./sub-center-arcface.js";
export { SphereFaceLoss, type SphereFaceOptions } from "./sphereface.js";
export { SupervisedContrastiveLoss, type SupervisedContrastiveOptions } from "./supervised-contrastive.js";
export { SurrogatePrecisionLoss, type SurrogatePrecisionOptions } from "./surrogate-precision.js";
export { ThresholdConsistentMarginLoss, type ThresholdConsistentMarginOptions } from "./threshold-consistent-margin.js";
export { TripletLoss, type TripletOptions } from "./triplet.js";
export { TupleTripletLoss, type TupleTripletOptions } from "./tuple-triplet.js";
export { TupletMarginLoss, type TupletMarginOptions } from "./tuplet-margin.js";
export { withoutGradient } from "../lib/tensor/without-gradient.js";
export { VICRegLoss, type VICRegOptions } from "./vicreg.js";
export { GradientCache, type GradientCacheOptions } from "./gradient-cache.js";
export { LossByDataset } from "./loss-by-dataset.js";
export { MatryoshkaLoss, type MatryoshkaOptions } from "./matryoshka.js";
export { MultipleLosses, type MultipleLossesOptions } from "./multiple-losses.js";
export { RegularizedLoss, type NamedRegularizers, type RegularizedLossOptions } from "./regularized-loss.js";
export { ProjectedLoss, type ProjectedLossOptions } from "./projected.js";
export { SelfSupervisedLoss, type SelfSupervisedOptions } from "./self-supervised.js";
