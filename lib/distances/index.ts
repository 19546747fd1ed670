export { Cosine } from "./cosine.js";
export { DotProduct } from "./dot-product.js";
export { Euclidean } from "./euclidean.js";
export { Manhattan } from "./manhattan.js";
export { SquaredEuclidean } from "./squared-euclidean.js";
export {
  distanceNamed,
  registerDistance,
  savedDistance,
  type DistanceChoice,
  type DistanceName,
  type SavedDistance,
} from "./named.js";
