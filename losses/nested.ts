import { SimilarityLoss, type LossValue, type ScoreRange } from "../lib/contracts/loss.js";
import type { Problem } from "../lib/contracts/options.js";
import type { Init, PartFinder, SavedPart } from "../lib/contracts/part.js";
import type { Kind } from "../lib/contracts/samples.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import { show } from "../lib/show.js";
import type { HostTensors } from "../lib/tensor/host.js";
import * as tf from "../lib/tensor/tf.js";
import { prefixed, under, type HostTree, type TensorTree } from "../lib/tensor/tree.js";

/** Losses inside another one; the parameters of each are below its name. */
export type NamedLosses<K extends Kind> = readonly (readonly [name: string, loss: SimilarityLoss<K>])[];

/** What is wrong with a value that should be a loss. */
export function lossProblem(name: string, value: unknown): Problem {
  return value instanceof SimilarityLoss ? null : `${name}: expected a loss, got ${show(value)}`;
}

/** The scores that all of the losses can learn from. */
export function commonRange<K extends Kind>(losses: readonly SimilarityLoss<K>[]): ScoreRange {
  return [
    Math.max(...losses.map(({ scoreRange: [least] }) => least)),
    Math.min(...losses.map(({ scoreRange: [, greatest] }) => greatest)),
  ];
}

/** The number of groups that each of the losses has parameters for; null when none says one. */
export function leastGroupCount<K extends Kind>(losses: readonly SimilarityLoss<K>[]): number | null {
  const counts = losses.flatMap(({ groupCount }) => groupCount ?? []);
  return counts.length === 0 ? null : Math.min(...counts);
}

/** A loss as JSON. */
export function savedLoss({ type, config }: { readonly type: string; readonly config: JsonObject }): JsonObject {
  return { type, config };
}

/** Makes a loss again from what was saved of it; its weights are below its name. */
export function madeLoss(
  name: string,
  saved: SavedPart,
  weights: HostTensors,
  parts: PartFinder,
): SimilarityLoss<Kind> {
  return parts.make("loss", saved, under(weights, name)) as SimilarityLoss<Kind>;
}

/** Weights of all losses, each below its name. */
export function nestedWeights<K extends Kind>(losses: NamedLosses<K>): HostTensors {
  return Object.assign({}, ...losses.map(([name, loss]) => prefixed(name, loss.weights))) as HostTensors;
}

/** Parameters of the losses that have any, each below its name; each draws from a stream of its own. */
export function initializeNested<K extends Kind>(losses: NamedLosses<K>, random: Random): Init {
  const parameters: Record<string, HostTree> = {};
  for (const [name, loss] of losses) {
    const drawn = loss.initialize(random.fork(name)).parameters;
    if (Object.keys(drawn).length > 0) parameters[name] = drawn;
  }
  return { parameters };
}

/** The parameters of one of the losses. */
export function parametersOf(parameters: TensorTree, name: string): TensorTree {
  return (parameters[name] ?? {}) as TensorTree;
}

/** The sum of weighted losses, with each as a term. It counts as many units as the loss that has most. */
export function weightedSum(
  values: readonly (readonly [name: string, returned: LossValue, weight: number])[],
): LossValue {
  const found = values.map(([name, returned, weight]) => ({ name, weight, ...pick(returned) }));
  const terms = Object.fromEntries(found.map(({ name, value, weight }) => [name, tf.mul<tf.Scalar>(value, weight)]));
  return {
    value: tf.addN(Object.values(terms)) as tf.Scalar,
    weight: found.map(({ units }) => units).reduce((left, right) => tf.maximum<tf.Scalar>(left, right)),
    terms,
  };
}

function pick({ value, weight }: LossValue): { readonly value: tf.Scalar; readonly units: tf.Scalar } {
  return { value, units: weight };
}
