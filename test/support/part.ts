import * as tf from "likewise/tf";
import type { Mode, Noise, Output } from "../../lib/contracts/part.js";
import { Random } from "../../lib/random.js";
import { upload, type HostTensor } from "../../lib/tensor/host.js";
import { flatten, mapEntries, unflatten, type HostTree, type TensorTree } from "../../lib/tensor/tree.js";

/** Noise that a seed decides. */
export function noiseOf(random: Random): Noise {
  return {
    uniform: (shape) => tf.tensor(random.uniforms(shape.reduce((product, length) => product * length, 1)), [...shape]),
  };
}

/** How a part is run, with noise that a seed decides. */
export function modeOf(training: boolean, seed: string | number = "noise", state: TensorTree = {}): Mode {
  return { training, noise: noiseOf(new Random(seed)), state };
}

/** A tree of host tensors on the backend; call it inside `tf.tidy`. */
export function uploadTree(tree: HostTree): TensorTree {
  return unflatten(mapEntries(flatten<HostTensor>(tree), upload));
}

/** What a part gave, without its state. */
export function tensorOf(output: Output): tf.Tensor2D {
  return output instanceof tf.Tensor ? output : output.value;
}
