import * as tf from "likewise/tf";
import type { TrainableEncoder } from "../../lib/contracts/encoder.js";
import type { Init } from "../../lib/contracts/part.js";
import { upload, type HostTensor, type HostTensors } from "../../lib/tensor/host.js";
import { flatten, mapEntries, unflatten } from "../../lib/tensor/tree.js";
import { modeOf, tensorOf, uploadTree } from "../support/part.js";

/** Gradient of `sum(output · cotangent)` in training, by each parameter. */
export function gradientsOf<Item>(
  encoder: TrainableEncoder<Item>,
  inputs: HostTensors,
  { parameters, state = {} }: Init,
  cotangent: Float32Array,
  seed: string | number = "noise",
): Record<string, number[]> {
  const numbers = flatten<HostTensor>(parameters);
  const names = Object.keys(numbers);
  const found: Record<string, number[]> = {};
  tf.tidy(() => {
    const compute = (...given: tf.Tensor[]): tf.Scalar => {
      const tree = unflatten(Object.fromEntries(names.map((name, i) => [name, given[i] as tf.Tensor])));
      const output = encoder.apply(tree, mapEntries(inputs, upload), modeOf(true, seed, uploadTree(state)));
      const value = tensorOf(output);
      return tf.sum(tf.mul(value, tf.tensor(cotangent, value.shape)));
    };
    const gradients = tf.grads(compute)(names.map((name) => upload(numbers[name] as HostTensor)));
    names.forEach((name, i) => (found[name] = Array.from((gradients[i] as tf.Tensor).dataSync())));
  });
  return found;
}
