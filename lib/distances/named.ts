import type { Distance } from "../contracts/distance.js";
import { DuplicateNameError, UnknownNameError } from "../errors.js";
import type { JsonObject } from "../json.js";
import { Registry } from "../registry.js";
import { Cosine } from "./cosine.js";
import { DotProduct } from "./dot-product.js";
import { Euclidean } from "./euclidean.js";
import { Lp } from "./lp.js";
import { Manhattan } from "./manhattan.js";
import { SignalToNoise } from "./signal-to-noise.js";
import { SquaredEuclidean } from "./squared-euclidean.js";

/** Distances that can be asked for by name. */
export type DistanceName =
  "cosine" | "euclidean" | "squared-euclidean" | "manhattan" | "dot-product" | "signal-to-noise";

/** A distance as JSON, when its name alone does not say all of it. */
export interface SavedDistance {
  /** The name it is registered by. */
  readonly name: string;
  /** What it is made from. */
  readonly config: JsonObject;
}

/** A distance, or how it is known: by a name, or by what was saved of it. */
export type DistanceChoice = DistanceName | SavedDistance | Distance;

const STANDARD: Readonly<Record<DistanceName, (config: JsonObject) => Distance>> = {
  cosine: () => new Cosine(),
  euclidean: () => new Euclidean(),
  "squared-euclidean": () => new SquaredEuclidean(),
  manhattan: () => new Manhattan(),
  "dot-product": () => new DotProduct(),
  "signal-to-noise": () => new SignalToNoise(),
};

const distances = new Registry<(config: JsonObject) => Distance>("distance");
for (const [name, make] of Object.entries(STANDARD)) distances.add(name, make);
distances.add("lp", (config) => Lp.from(config));

/**
 * Makes a distance of your own known by its name, in this process, so that losses, models and indexes that use it can be trained, saved
 * and loaded. Call it where the class is defined. `make` receives the distance's `config`, an empty object when it has none.
 * @throws DuplicateNameError when another distance has the name.
 */
export function registerDistance(name: string, make: (config: JsonObject) => Distance): void {
  distances.add(name, make);
}

/**
 * The distance of this name, the one that was saved, or the given one itself.
 * @throws UnknownNameError for another name, such as that of a distance of the user's own that is not registered; DuplicateNameError for
 * a distance that has the name of another.
 */
export function distanceNamed(distance: DistanceChoice): Distance {
  if (typeof distance === "object" && distance !== null && "pairs" in distance) {
    requireOwnName(distance);
    return distance;
  }
  const { name, config }: SavedDistance =
    typeof distance === "object" && distance !== null ? distance : { name: distance, config: {} };
  if (!distances.has(name)) {
    const advice =
      typeof name === "string"
        ? `If it is a distance of your own, call registerDistance("${name}", (config) => …) first`
        : "Give a name or a Distance, such as new Lp({ p: 3 })";
    throw new UnknownNameError("distance", String(name), distances.names(), advice);
  }
  return distances.require(name)(config);
}

/**
 * What is to be saved of a distance, for `distanceNamed`: its name, with its configuration when it has one.
 * @throws DuplicateNameError for a distance that has the name of another, as which it would be loaded.
 */
export function savedDistance(distance: Distance): string | { name: string; config: JsonObject } {
  requireOwnName(distance);
  const { name, config } = distance;
  return config === undefined ? name : { name, config };
}

/** What has a registered name must be of the class that is registered by it, because it is loaded as that one. */
function requireOwnName(distance: Distance): void {
  const { name, config = {} } = distance;
  if (!distances.has(name)) return;
  const given = distance.constructor.name;
  const advice = `give ${given} a name of its own, and make that known by registerDistance`;
  let registered: Distance;
  try {
    registered = distances.require(name)(config);
  } catch (cause) {
    const problem = `is a name that is taken, and the distance registered by it cannot be made of the config of ${given}; ${advice}`;
    throw new DuplicateNameError("distance", name, problem, { cause });
  }
  if (registered.constructor === distance.constructor) return;
  throw new DuplicateNameError("distance", name, `is the name of class ${registered.constructor.name}; ${advice}`);
}
