import type { Head } from "../contracts/head.js";
import type { Mode, Noise, Output } from "../contracts/part.js";
import { seededNoise } from "../engine/seeded-noise.js";
import { Random } from "../random.js";
import { downloadSync, upload, type HostTensor, type HostTensors } from "../tensor/host.js";
import * as tf from "../tensor/tf.js";
import { flatten, mapEntries, prefixed, under, unflatten, type TensorTree, type Tensors } from "../tensor/tree.js";

/** Random numbers that are the same each time. */
export function sameNoise(seed: string | number = "noise"): Noise {
  return seededNoise(new Random(seed));
}

/** How a part is run that has these `parameters/…` and `state/…`; call it where tensors are tidied up. */
export function modeOf(training: boolean, start: HostTensors, noise: Noise = sameNoise()): Mode {
  return { training, noise, state: unflatten(mapEntries(under(start, "state"), upload)) };
}

/** The parameters of `parameters/…` as a part gets them. */
export function parametersOf(tensors: Tensors): TensorTree {
  return unflatten(under(tensors, "parameters"));
}

/** A part's output as named tensors: `value` and, with a state, `state/…`. */
export function namedOutput(output: Output): Tensors {
  if (output instanceof tf.Tensor) return { value: output };
  return { value: output.value, ...prefixed("state", flatten<tf.Tensor>(output.state)) };
}

/** The entries of `start` below `parameters`, under their whole names. */
export function startingParameters(start: HostTensors): HostTensors {
  return prefixed("parameters", under(start, "parameters"));
}

/** A few rows for a head. */
export function randomVectors(head: Head, seed: string | number = 0, rows = 5): HostTensor {
  return { data: new Random(`${seed}/vectors`).normals(rows * head.inputSize), shape: [rows, head.inputSize] };
}

/** What a head gives in inference. */
export function headOutput(head: Head, start: HostTensors, vectors: HostTensor): HostTensors {
  head.prepare();
  let output: HostTensors = {};
  tf.tidy(() => {
    const tree = parametersOf(mapEntries(start, upload));
    output = mapEntries(
      namedOutput(head.apply(tree, upload(vectors) as tf.Tensor2D, modeOf(false, start))),
      downloadSync,
    );
  });
  return output;
}

/** `sum(output · cotangent)` with fixed random numbers, of which every number of the output has another gradient. */
export function weighedSum(output: tf.Tensor, seed: string | number = "cotangent"): tf.Scalar {
  return tf.sum(tf.mul(output, tf.tensor(new Random(seed).normals(output.size), output.shape)));
}
