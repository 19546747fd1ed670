import type { Encoder, TrainableEncoder } from "../contracts/encoder.js";
import { inPart } from "../contracts/part-failure.js";
import type { Head } from "../contracts/head.js";
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
  const add = (path: string, role: string, part: TrainableEncoder<Item> | Head | SimilarityLoss<K>): void => {
    const { parameters, state = {} } = inPart(role, part, () => part.initialize(random.fork(path)));
    Object.assign(
      carried,
      prefixed(`parameters/${path}`, flatten(parameters)),
      prefixed(`state/${path}`, flatten(state)),
    );
  };
  for (const [name, encoder] of encoders) {
    if (encoder.trainable) add(`encoders/${name}`, `encoder "${name}"`, encoder);
  }
  add("head", "head", head);
  if (loss !== null) add("loss", "loss", loss);
  return carried;
}

/** How many numbers all of these tensors hold. */
export function countNumbers(tensors: HostTensors): number {
  return Object.values(tensors).reduce((total, { data }) => total + data.length, 0);
}
