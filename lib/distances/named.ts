import type { Distance } from "../contracts/distance.js";
import { UnknownNameError } from "../errors.js";
import { Cosine } from "./cosine.js";
import { DotProduct } from "./dot-product.js";
import { Euclidean } from "./euclidean.js";
import { Manhattan } from "./manhattan.js";
import { SquaredEuclidean } from "./squared-euclidean.js";

/** Distances that can be asked for by name. */
export type DistanceName = "cosine" | "euclidean" | "squared-euclidean" | "manhattan" | "dot-product";

const DISTANCES: Readonly<Record<DistanceName, () => Distance>> = {
  cosine: () => new Cosine(),
  euclidean: () => new Euclidean(),
  "squared-euclidean": () => new SquaredEuclidean(),
  manhattan: () => new Manhattan(),
  "dot-product": () => new DotProduct(),
};

/**
 * The distance of this name, or the given one itself.
 * @throws UnknownNameError for another name, such as that of a saved distance of the user's own.
 */
export function distanceNamed(distance: DistanceName | Distance): Distance {
  if (typeof distance === "object" && distance !== null) return distance;
  if (!Object.hasOwn(DISTANCES, distance)) {
    throw new UnknownNameError(
      "distance",
      String(distance),
      Object.keys(DISTANCES),
      "A distance of your own is given as an object",
    );
  }
  return DISTANCES[distance]();
}
