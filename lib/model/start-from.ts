import { isFittable, type Encoder } from "../contracts/encoder.js";
import type { Head } from "../contracts/head.js";
import type { SimilarityLoss } from "../contracts/loss.js";
import type { Part, SavedPart } from "../contracts/part.js";
import type { Group, Kind } from "../contracts/samples.js";
import { canonicalJson } from "../json.js";
import type { HostTensors } from "../tensor/host.js";
import type { ModelContent } from "./model-content.js";
import { savedPart, tensorProblems } from "./model-file.js";
import type { Encoders } from "./parameters.js";

/** What of a model that starts from a trained one is not as it is there. */
export function startProblems<Item>(encoders: Encoders<Item>, head: Head, trained: ModelContent<Item>): string[] {
  const before = new Map<string, Encoder<Item>>(trained.encoders);
  const now = new Map<string, Encoder<Item>>(encoders);
  return [...new Set([...before.keys(), ...now.keys()])]
    .flatMap((name) => encoderProblems(`encoder "${name}"`, before.get(name), now.get(name)))
    .concat(partProblems("head", trained.head, head))
    .map((problem) => `from: ${problem}`);
}

/** What differs in names and shapes, where the configurations do not. */
export function shapeProblems<Item>(first: HostTensors, trained: ModelContent<Item>): string[] {
  const own = Object.fromEntries(Object.entries(first).filter(([name]) => !isOfLoss(name)));
  return tensorProblems(own, trained.carried).map((problem) => `from: ${problem}`);
}

/** Numbers of the trained model's loss for the same loss over the same groups; none for another, and from a saved model. */
export function numbersOfLoss<Item>(
  { loss: before }: ModelContent<Item>,
  loss: SimilarityLoss<Kind>,
  groups: readonly Group[],
): HostTensors {
  if (before === undefined || !isSame(before.part, loss)) return {};
  // A closed vocabulary has a vector for each group, in their order.
  const sameGroups = !loss.closedVocabulary || canonicalJson(before.groups) === canonicalJson(groups);
  return sameGroups ? before.carried : {};
}

/** Whether a loss with parameters starts anew though the model was trained with the same. */
export function startsLossAnew<Item>(
  first: HostTensors,
  trained: ModelContent<Item>,
  loss: SimilarityLoss<Kind>,
  groups: readonly Group[],
): boolean {
  const before = trained.loss?.part ?? trained.training?.loss;
  if (before === undefined || !isSame(before, loss) || !Object.keys(first).some(isOfLoss)) return false;
  return Object.keys(numbersOfLoss(trained, loss, groups)).length === 0;
}

/** Whether a carried tensor is one of the loss. */
export function isOfLoss(name: string): boolean {
  return /^(?:parameters|state)\/loss\//u.test(name);
}

function encoderProblems<Item>(
  what: string,
  trained: Encoder<Item> | undefined,
  now: Encoder<Item> | undefined,
): string[] {
  if (trained === undefined) return [`the trained model has no ${what}; leave it out, or leave out from`];
  if (now === undefined) return [`the trained model has ${what} (${trained.type}), which this model has not; add it`];
  const problems = partProblems(what, trained, now);
  const learned = !isFittable(now) || now.fitted;
  if (problems.length > 0 || trained.trainable || now.trainable || !learned) return problems;
  return trained.fingerprint() === now.fingerprint()
    ? []
    : [`${what} (${now.type}) has other weights than in the trained model; give it those, or leave out from`];
}

function partProblems(what: string, trained: Part, now: Part): string[] {
  if (isSame(savedPart(trained), now)) return [];
  const [before, after] = [trained, now].map((part) => `${part.type} ${canonicalJson(part.config)}`);
  return [`${what} is ${after}, in the trained model ${before}; make it as it was there, or leave out from`];
}

function isSame(saved: SavedPart, part: Part): boolean {
  return canonicalJson(saved) === canonicalJson(savedPart(part));
}
