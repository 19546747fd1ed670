export { Cosine } from "./cosine.js";
export { DotProduct } from "./dot-product.js";
export { Euclidean } from "./euclidean.js";
export { Lp, type LpOptions } from "./lp.js";
export { Manhattan } from "./manhattan.js";
export { SignalToNoise } from "./signal-to-noise.js";
export { SquaredEuclidean } from "./squared-euclidean.js";
export {
  distanceNamed,
  registerDistance,
  savedDistance,
  type DistanceChoice,
  type DistanceName,
  type SavedDistance,
} from "./named.js";
