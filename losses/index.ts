/**
 * What good embeddings are.
 *
 * @module likewise/losses
 */

export { ArcFaceLoss, type ArcFaceOptions } from "./arcface.js";
export { ContrastiveLoss, type ContrastiveOptions } from "./contrastive.js";
export {
  DISTANCE_MATRIX_KEYS,
  DistanceMatrixLoss,
  type DistanceMatrixOptions,
  type Judgement,
} from "./distance-matrix-loss.js";
export { MultipleNegativesRankingLoss, type MultipleNegativesRankingOptions } from "./multiple-negatives-ranking.js";
export { OnlineContrastiveLoss, type OnlineContrastiveOptions } from "./online-contrastive.js";
export { ProxyLoss, type ProxyOptions, type ProxyParameters, type ProxySettings } from "./proxy-loss.js";
export { SoftmaxLoss, type SoftmaxOptions } from "./softmax.js";
export { TripletLoss, type TripletOptions } from "./triplet.js";
