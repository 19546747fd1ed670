import { FrozenEncoder, TrainableEncoder } from "../contracts/encoder.js";
import { Head } from "../contracts/head.js";
import { SimilarityLoss } from "../contracts/loss.js";
import type { Part } from "../contracts/part.js";
import { savedDistance } from "../distances/index.js";
import { canonicalJson } from "../json.js";
import { classOf, roleOf, type PartRegistry } from "../model/part-registry.js";
import { Random } from "../random.js";
import { show } from "../show.js";
import { standardParts } from "../standard-parts.js";
import type { HostTensor, HostTensors } from "../tensor/host.js";
import { flatten, mapEntries } from "../tensor/tree.js";
import { difference, layout } from "./compare.js";
import { attempt, thrown } from "./run-twice.js";
import { headOutput, randomVectors } from "./running.js";
import { changedConfiguration, configurationProblems, savedConfiguration } from "./saved-configuration.js";

/**
 * Whether a part comes back equal from its type, configuration and weights: what it declares, its parameters and, for a head, what it
 * computes of random vectors. What encoders and losses compute is compared by `checkEncoder` and `checkLoss`, which have something to
 * give them. Empty = it does.
 */
export function checkSaving(part: Part): Promise<string[]> {
  return savingProblems(part, (one, start) => (isHead(one) ? headOutput(one, start, randomVectors(one)) : {}));
}

/** The same, with what `compute` gives for the part and for the one that came back, both with the numbers that the part starts with. */
export async function savingProblems<P extends Part>(
  part: P,
  compute: (part: P, start: HostTensors) => HostTensors | Promise<HostTensors>,
): Promise<string[]> {
  const kept = [...configurationProblems(part.config), ...weightProblems(part.weights)];
  if (kept.length > 0) return kept;
  let again: P;
  try {
    const registry: PartRegistry = (await standardParts()).with([classOf(part)]);
    const saved = { type: part.type, config: savedConfiguration(part.config) };
    const weights = mapEntries(part.weights, ({ data, shape }) => ({ data: data.slice(), shape: [...shape] }));
    again = registry.make(roleOf(part, part.constructor.name), saved, weights) as P;
  } catch (error) {
    return [thrown("loading it again", error)];
  }
  const problems = changedConfiguration(part.config, again.config);
  const weights = difference(part.weights, again.weights);
  if (weights !== null) problems.push(`the weights come back changed: ${weights}`);
  for (const name of DECLARED) {
    const [before, after] = [part, again].map((one) => declared(one, name));
    if (before !== after) problems.push(`${name} is ${before} and comes back as ${after}; put it into config`);
  }
  const computed = await attempt("after it was saved and loaded, it", async () => {
    const start = startOf(part);
    // First numbers may differ: those that were trained are saved beside the part.
    const [had, has] = [layout(start), layout(startOf(again))];
    if (had !== has) return [`initialize gives ${has} after loading and gave ${had}; ${NOT_SAVED}`];
    const other = difference(await compute(part, start), await compute(again, start));
    return other === null ? [] : [`it computes other numbers after loading: ${other}; ${NOT_SAVED}`];
  });
  return [...problems, ...computed];
}

/** Numbers that a part starts with; those of a frozen encoder are its weights. */
export function startOf(part: Part, seed = 0): HostTensors {
  if (!(part instanceof Head || part instanceof TrainableEncoder || part instanceof SimilarityLoss)) return {};
  const { parameters, state = {} } = part.initialize(new Random(seed));
  return flatten<HostTensor>({ parameters, state });
}

const NOT_SAVED = "is an option not in config, or a number not in weights?";

const isHead = (part: Part): part is Head => part instanceof Head;

/** Settings that shared code reads from a part. */
const DECLARED = [
  ...["embeddingSize", "inputSize", "outputSize", "trainable", "fitted"],
  ...["kind", "separable", "closedVocabulary", "groupCount", "usesGuide"],
  ...["distance", "fingerprint"],
] as const;

function declared(part: Part, name: string): string {
  if (name === "fingerprint") return part instanceof FrozenEncoder ? part.fingerprint() : "nothing";
  if (name === "distance") {
    const { distance } = part as { distance?: SimilarityLoss<never>["distance"] };
    return distance ? canonicalJson(savedDistance(distance)) : "nothing";
  }
  return show((part as unknown as Readonly<Record<string, unknown>>)[name]);
}

function weightProblems(weights: HostTensors): string[] {
  return Object.entries(weights).flatMap(([name, tensor]) => {
    const { data, shape } = tensor;
    const numbers = data instanceof Float32Array || data instanceof Int32Array;
    const count = shape.reduce((product, length) => product * length, 1);
    return numbers && data.length === count
      ? []
      : [
          `the weight ${layout({ [name]: tensor })} holds ${show(data)}, expected a Float32Array or Int32Array of ${count}`,
        ];
  });
}
