import type { Targets } from "../contracts/batch.js";
import { usesMemory, type Memory, type SimilarityLoss } from "../contracts/loss.js";
import { lossValue } from "../contracts/loss-value.js";
import type { Noise } from "../contracts/part.js";
import { inPart } from "../contracts/part-failure.js";
import type { Kind } from "../contracts/samples.js";
import { declareUnitRows, unitRows } from "../tensor/rows.js";
import * as tf from "../tensor/tf.js";
import { under, unflatten, type Tensors, type TensorTree } from "../tensor/tree.js";
import { forwardAll } from "./chunks.js";
import { lossOf } from "./dataset-loss.js";
import type { ForwardMode, Forwarded, Network } from "./forward.js";
import { GUIDE } from "./guide.js";

/** A network with the loss that judges it. */
export interface Judged<K extends Kind, Item> extends Network<Item> {
  readonly loss: SimilarityLoss<K>;
}

/** What the loss says of a batch. */
export interface Verdict {
  /** Loss plus weighted memory term: what is minimized. */
  readonly total: tf.Scalar;
  /** Units the loss averaged over. */
  readonly weight: tf.Scalar;
  /** Parts of the loss by name; `memory` is the weighted memory term. */
  readonly terms: Readonly<Record<string, tf.Scalar>>;
}

/** The loss of a batch with everything that was computed on the way. */
export interface Objective extends Forwarded, Verdict {}

/** Forward pass and loss, see `forwardAll` and `verdict`. Pure and traceable. */
export function objective<K extends Kind, Item>(
  judged: Judged<K, Item>,
  parameters: Tensors,
  inputs: Tensors,
  mode: ForwardMode,
): Objective {
  const forwarded = forwardAll(judged, parameters, inputs, mode);
  return { ...forwarded, ...verdict(judged.loss, parameters, forwarded.embeddings, inputs, mode.noise) };
}

/**
 * The loss of embeddings. Inputs: `targets/<name>`, with a guide its vectors `guide`, for losses by dataset `dataset/<name>`, and with a
 * cross-batch memory `memory/embeddings`, `memory/groups`, `memory/valid` and the scalar `memory/weight`. Pure and traceable.
 */
export function verdict<K extends Kind>(
  whole: SimilarityLoss<K>,
  parameters: Tensors,
  embeddings: tf.Tensor2D,
  inputs: Tensors,
  noise: Noise,
): Verdict {
  const targets = under(inputs, "targets") as unknown as Targets<K>; // named and typed by the loader of this kind
  const [dataset] = Object.keys(under(inputs, "dataset"));
  const { loss, path } = lossOf(whole, dataset);
  const own = unflatten(under(parameters, path)) as TensorTree;
  const guide = inputs[GUIDE] as tf.Tensor2D | undefined;
  const memory = under(inputs, "memory");
  const remembers = "embeddings" in memory && usesMemory(loss);
  // Where only directions count, rows are divided by their lengths once for both.
  const directed = remembers && remembersDirections(whole);
  const rows = directed ? unitRows(embeddings) : embeddings;
  const returned = inPart("loss", loss, () => loss.compute(own, rows, targets, noise, guide));
  const { value, weight, terms = {} } = lossValue(loss, returned);
  if (!remembers) return { total: value, weight, terms };
  if (directed) declareUnitRows(memory["embeddings"] as tf.Tensor2D);
  const known = targets as unknown as Targets<"group" | "pair">; // assembly checked the kind
  const compared = inPart("loss", loss, () =>
    loss.computeAgainst(own, rows, known, memory as unknown as Memory, noise),
  );
  const share = tf.mul(lossValue(loss, compared).value, memory["weight"] as tf.Scalar) as tf.Scalar;
  return { total: tf.add(value, share) as tf.Scalar, weight, terms: { ...terms, memory: share } };
}

/** Whether rows are remembered with length 1. */
export function remembersDirections(loss: object): boolean {
  return usesMemory(loss) && loss.remembersDirections === true;
}
