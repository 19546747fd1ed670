/**
 * Layers between the vectors of the encoders and the embedding.
 *
 * @module likewise/heads
 */

export type { ActivationName } from "./activations.js";
export { ActivationHead, type ActivationOptions } from "./activation.js";
export { DenseHead, type DenseLayersOptions, type DenseOptions } from "./dense.js";
export { GatedHead } from "./gated.js";
export { IdentityHead } from "./identity.js";
export type { HeadOptions } from "./input-dropout.js";
export { LayerNormalizationHead, type LayerNormalizationOptions } from "./layer-normalization.js";
export { LayersHead } from "./layers.js";
export { NormalizeHead } from "./normalize.js";
export { SequentialHead } from "./sequential.js";
export { SkipConnectionHead, type SkipConnectionOptions } from "./skip-connection.js";
export { SoftmaxEmbeddingsHead, type SoftmaxEmbeddingsOptions } from "./softmax-embeddings.js";
export { StackedProjectionHead, type StackedProjectionOptions } from "./stacked-projection.js";
export { SwitchHead } from "./switch.js";
export { WhiteningHead, type WhiteningOptions } from "./whitening.js";
export { WideningHead, type WideningOptions } from "./widening.js";
