import { ConfigError } from "../errors.js";
import type { Json, JsonObject } from "../json.js";
import type { Random } from "../random.js";
import * as tf from "../tensor/tf.js";

/** A tf.layers model as data: the class and configuration of the model, without its numbers. */
export type LayersTopology = {
  readonly className: "Sequential" | "Functional";
  readonly config: JsonObject;
};

type Configured = { readonly className: string; readonly config: JsonObject };

/** Layers whose random numbers come from JavaScript, where no seed of a training run reaches them. */
const RANDOM_LAYERS = ["GaussianNoise", "GaussianDropout", "AlphaDropout", "RandomHeight", "RandomWidth"];

/** The topology of a model, with names that do not depend on how many layers the process has made before. */
export function readTopology(model: tf.layers.LayersModel): LayersTopology {
  const className = model instanceof tf.layers.Sequential ? "Sequential" : "Functional";
  const config = JSON.parse(JSON.stringify(model.getConfig())) as JsonObject;
  return withStableNames({ className, config });
}

/**
 * A model of this topology: all its numbers zero, or, with `random`, as its initializers draw them, those without a seed from it.
 * @throws ConfigError when a layer is not known.
 */
export function makeModel({ className, config }: LayersTopology, who: string, random?: Random): tf.layers.LayersModel {
  const modelClass = className === "Sequential" ? tf.layers.Sequential : tf.layers.LayersModel;
  let place = 0;
  // A copy, because tfjs takes keys out of what it is given; without initializers, some of which take seconds.
  const copy = JSON.parse(JSON.stringify(config), (key, value: unknown) => {
    if (!key.endsWith("Initializer") || typeof value !== "object" || value === null) return value;
    return random === undefined ? ZEROS : withSeed(value as Configured, random.fork(place++));
  }) as tf.serialization.ConfigDict;
  try {
    const fast = random === undefined; // without asking initializers
    return modelClass.fromConfig(modelClass as never, copy, {}, fast) as tf.layers.LayersModel;
  } catch (cause) {
    const advice = "layers of your own must be registered first: tf.serialization.registerClass(MyLayer)";
    throw new ConfigError(who, [`topology: ${(cause as Error).message} (${advice})`], { cause });
  }
}

const ZEROS = { className: "Zeros", config: {} };

/** An initializer that draws the same numbers each time. */
function withSeed({ className, config }: Configured, random: Random): Configured {
  return { className, config: { ...config, seed: config["seed"] ?? random.integer(2 ** 31) } };
}

/** What cannot be trained or cached as it should be: one sentence each. */
export function topologyProblems(topology: LayersTopology): string[] {
  const problems: string[] = [];
  visit(topology, ({ className, config }, wrapped) => {
    const layer = `layer ${typeof config["name"] === "string" ? config["name"] : "?"} (${className})`;
    if (RANDOM_LAYERS.includes(className)) {
      problems.push(`${layer} draws random numbers that no seed decides; use dropout`);
    }
    if (wrapped && /Dropout/u.test(className)) problems.push(`${layer} is wrapped by another layer; put it beside`);
    for (const key of ["dropout", "recurrentDropout"]) {
      if (typeof config[key] === "number" && config[key] > 0) {
        problems.push(`${layer} has ${key} of its own, which no seed decides; put a dropout layer before it instead`);
      }
    }
  });
  return problems;
}

/** Names that tfjs made up end in a count of the process; here they are counted within the model. Given names stay. */
function withStableNames(topology: LayersTopology): LayersTopology {
  const taken = new Set<string>();
  const invented: { readonly name: string; readonly stem: string }[] = [];
  visit(topology, ({ className, config }) => {
    const { name } = config;
    if (typeof name !== "string") return;
    const stem = stemOf(name, className);
    if (stem === null) taken.add(name);
    else if (!invented.some((other) => other.name === name)) invented.push({ name, stem });
  });
  const renamed = new Map<string, string>();
  for (const { name, stem } of invented) {
    let count = 1;
    while (taken.has(`${stem}_${count}`)) count += 1;
    taken.add(`${stem}_${count}`);
    renamed.set(name, `${stem}_${count}`);
  }
  return replaceStrings(topology, renamed) as unknown as LayersTopology;
}

/** "dense" for "dense_Dense12" of a Dense; null for a name that somebody gave. */
function stemOf(name: string, className: string): string | null {
  const own = new RegExp(`^([a-z0-9_]+)_${className}\\d+$`, "u").exec(name);
  if (own !== null) return own[1] as string;
  const counted = /^(input|sequential_|model|functional)\d+$/u.exec(name);
  return counted === null ? null : (counted[1] as string).replace("_", "");
}

function replaceStrings(value: Json, renamed: ReadonlyMap<string, string>): Json {
  if (typeof value === "string") return renamed.get(value) ?? value;
  if (Array.isArray(value)) return value.map((inner: Json) => replaceStrings(inner, renamed));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaceStrings(inner as Json, renamed)]));
}

/** Calls back for the model and everything in it that has a class and a configuration. */
function visit(value: Json, see: (part: Configured, wrapped: boolean) => void, wrapped = false): void {
  if (Array.isArray(value)) return value.forEach((inner: Json) => visit(inner, see, wrapped));
  if (typeof value !== "object" || value === null) return;
  const { className, config } = value as Partial<Configured>;
  if (typeof className === "string" && typeof config === "object") see({ className, config }, wrapped);
  for (const [key, inner] of Object.entries(value)) visit(inner as Json, see, wrapped || key === "layer");
}
