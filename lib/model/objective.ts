import type { Targets } from "../contracts/batch.js";
import { usesMemory, type LossValue, type Memory, type SimilarityLoss } from "../contracts/loss.js";
import type { Kind } from "../contracts/samples.js";
import * as tf from "../tensor/tf.js";
import { under, unflatten, type Tensors } from "../tensor/tree.js";
import { forward, type ForwardMode, type Forwarded, type Network } from "./forward.js";

/** A network with the loss that judges it. */
export interface Judged<K extends Kind, Item> extends Network<Item> {
  readonly loss: SimilarityLoss<K>;
}

/** The loss of a batch with everything that was computed on the way. */
export interface Objective extends Forwarded {
  /** Loss plus weighted memory term: what is minimized. */
  readonly total: tf.Scalar;
  /** Units the loss averaged over. */
  readonly weight: tf.Scalar;
  /** Parts of the loss by name; `memory` is the weighted memory term. */
  readonly terms: Readonly<Record<string, tf.Scalar>>;
}

/**
 * Forward pass and loss. Further inputs: `targets/<name>`, and with a cross-batch memory `memory/embeddings`, `memory/groups`,
 * `memory/valid` and the scalar `memory/weight`. Pure and traceable.
 */
export function objective<K extends Kind, Item>(
  judged: Judged<K, Item>,
  parameters: Tensors,
  inputs: Tensors,
  mode: ForwardMode,
): Objective {
  const forwarded = forward(judged, parameters, inputs, mode);
  const targets = under(inputs, "targets") as unknown as Targets<K>; // named and typed by the loader of this kind
  const own = unflatten(under(parameters, "loss"));
  const {
    value,
    weight,
    terms = {},
  } = asLossValue(judged.loss.compute(own, forwarded.embeddings, targets, mode.noise));
  const memory = under(inputs, "memory");
  if (!("embeddings" in memory) || !usesMemory(judged.loss)) return { ...forwarded, total: value, weight, terms };
  const remembered = asLossValue(
    judged.loss.computeAgainst(
      own,
      forwarded.embeddings,
      targets as unknown as Targets<"group" | "pair">, // assembly checked the kind
      memory as unknown as Memory,
      mode.noise,
    ),
  );
  const share = tf.mul(remembered.value, memory["weight"] as tf.Scalar) as tf.Scalar;
  return { ...forwarded, total: tf.add(value, share) as tf.Scalar, weight, terms: { ...terms, memory: share } };
}

function asLossValue(value: LossValue | tf.Scalar): LossValue {
  return value instanceof tf.Tensor ? { value, weight: tf.scalar(1) } : value;
}
