/**
 * What good embeddings are.
 *
 * @module likewise/losses
 */

export { ArcFaceLoss, type ArcFaceOptions } from "./arcface.js";
export { ContrastiveLoss, type ContrastiveOptions } from "./contrastive.js";
export { MultipleNegativesRankingLoss, type MultipleNegativesRankingOptions } from "./multiple-negatives-ranking.js";
export { OnlineContrastiveLoss, type OnlineContrastiveOptions } from "./online-contrastive.js";
export type { ProxyOptions, ProxyParameters } from "./proxies.js";
export { SoftmaxLoss, type SoftmaxOptions } from "./softmax.js";
export { TripletLoss, type TripletOptions } from "./triplet.js";
