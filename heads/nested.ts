import { Head } from "../lib/contracts/head.js";
import type { Problem } from "../lib/contracts/options.js";
import type { Init, Mode, PartFinder, SavedPart } from "../lib/contracts/part.js";
import type { Random } from "../lib/random.js";
import type { HostTensors } from "../lib/tensor/host.js";
import * as tf from "../lib/tensor/tf.js";
import { prefixed, under, type HostTree, type TensorTree } from "../lib/tensor/tree.js";

/** Heads inside a head, by the name of their numbers. */
export type NamedHeads = readonly (readonly [name: string, head: Head])[];

/** First numbers of all, each under its name and from a stream of its own. */
export function initializeNested(heads: NamedHeads, random: Random): Init {
  const parameters: Record<string, HostTree> = {};
  const state: Record<string, HostTree> = {};
  for (const [name, head] of heads) {
    const init = head.initialize(random.fork(name));
    if (Object.keys(init.parameters).length > 0) parameters[name] = init.parameters;
    if (init.state !== undefined && Object.keys(init.state).length > 0) state[name] = init.state;
  }
  return { parameters, state };
}

/** Runs one of the heads; its new state is put into `changed` under its name. */
export function applyNested(
  [name, head]: NamedHeads[number],
  parameters: TensorTree,
  vectors: tf.Tensor2D,
  mode: Mode,
  changed: Record<string, TensorTree>,
): tf.Tensor2D {
  const own = (tree: TensorTree): TensorTree => (tree[name] ?? {}) as TensorTree;
  const output = head.apply(own(parameters), vectors, { ...mode, state: own(mode.state) });
  if (output instanceof tf.Tensor) return output;
  changed[name] = output.state;
  return output.value;
}

export function savedHead(head: Head): { type: string; config: Head["config"] } {
  return { type: head.type, config: head.config };
}

export function nestedWeights(heads: NamedHeads): HostTensors {
  return Object.assign({}, ...heads.map(([name, head]) => prefixed(name, head.weights))) as HostTensors;
}

/** Makes a head again that was saved inside another. */
export function madeHead(name: string, saved: SavedPart, weights: HostTensors, parts: PartFinder): Head {
  return parts.make("head", saved, under(weights, name)) as Head;
}

export function headProblem(name: string, value: unknown): Problem {
  return value instanceof Head ? null : `${name}: expected a head, got ${value === null ? "null" : typeof value}`;
}
