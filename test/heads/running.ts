import * as tf from "likewise/tf";
import type { Head } from "../../lib/contracts/head.js";
import type { Mode, Noise, Output } from "../../lib/contracts/part.js";
import { Random } from "../../lib/random.js";
import { upload, type HostTensor } from "../../lib/tensor/host.js";
import { flatten, mapEntries, unflatten, type HostTree, type TensorTree } from "../../lib/tensor/tree.js";
import type { Matrix } from "../support/gradient.js";

/** Noise that a seed decides. */
export function noiseOf(random: Random): Noise {
  return {
    uniform: (shape) => tf.tensor(random.uniforms(shape.reduce((product, length) => product * length, 1)), [...shape]),
  };
}

export function modeOf(training: boolean, seed = "noise"): Mode {
  return { training, noise: noiseOf(new Random(seed)), state: {} };
}

/** A tree of host tensors on the backend; call it inside `tf.tidy`. */
export function uploadTree(tree: HostTree): TensorTree {
  return unflatten(mapEntries(flatten<HostTensor>(tree), upload));
}

/** Output of a head without state, as plain numbers. */
export function run(head: Head, parameters: HostTree, rows: Matrix, mode: Mode = modeOf(false)): number[] {
  let values: number[] = [];
  tf.tidy(() => {
    const vectors = tf.tensor2d(rows.flat(), [rows.length, head.inputSize]);
    values = Array.from(tensorOf(head.apply(uploadTree(parameters), vectors, mode)).dataSync());
  });
  return values;
}

export function tensorOf(output: Output): tf.Tensor2D {
  return output instanceof tf.Tensor ? output : output.value;
}
