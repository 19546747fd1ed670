/**
 * Layers between the vectors of the encoders and the embedding.
 *
 * @module likewise/heads
 */

export type { ActivationName } from "./activations.js";
export { DenseHead, type DenseLayersOptions, type DenseOptions } from "./dense.js";
export { GatedHead } from "./gated.js";
export { IdentityHead } from "./identity.js";
export type { HeadOptions } from "./input-dropout.js";
export { SkipConnectionHead, type SkipConnectionOptions } from "./skip-connection.js";
