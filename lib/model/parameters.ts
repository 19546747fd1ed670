import type { Encoder } from "../contracts/encoder.js";
import type { Head } from "../contracts/head.js";
import type { Init } from "../contracts/part.js";
import type { SimilarityLoss } from "../contracts/loss.js";
import type { Kind } from "../contracts/samples.js";
import type { Random } from "../random.js";
import type { HostTensors, HostTensor } from "../tensor/host.js";
import { flatten, prefixed } from "../tensor/tree.js";

/** Parts in the order their names give. */
export type Encoders<Item> = readonly (readonly [name: string, encoder: Encoder<Item>])[];

/**
 * First numbers of a model. Names: `parameters/encoders/<name>/…`, `parameters/head/…`, `parameters/loss/…` for what is trained and
 * `state/…` likewise for what changes without a gradient. Each part draws from a stream of its own, so that adding a part does not
 * change how the others start.
 */
export function initialize<Item, K extends Kind>(
  encoders: Encoders<Item>,
  head: Head,
  loss: SimilarityLoss<K> | null,
  random: Random,
): HostTensors {
  const carried: Record<string, HostTensor> = {};
  const add = (path: string, { parameters, state = {} }: Init): void => {
    Object.assign(
      carried,
      prefixed(`parameters/${path}`, flatten(parameters)),
      prefixed(`state/${path}`, flatten(state)),
    );
  };
  for (const [name, encoder] of encoders) {
    if (encoder.trainable) add(`encoders/${name}`, encoder.initialize(random.fork(`encoders/${name}`)));
  }
  add("head", head.initialize(random.fork("head")));
  if (loss !== null) add("loss", loss.initialize(random.fork("loss")));
  return carried;
}

/** How many numbers all of these tensors hold. */
export function countNumbers(tensors: HostTensors): number {
  return Object.values(tensors).reduce((total, { data }) => total + data.length, 0);
}
