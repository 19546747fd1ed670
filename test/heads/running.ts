import * as tf from "likewise/tf";
import type { Head } from "../../lib/contracts/head.js";
import type { Mode } from "../../lib/contracts/part.js";
import { Random } from "../../lib/random.js";
import type { HostTree } from "../../lib/tensor/tree.js";
import type { Matrix } from "../support/gradient.js";
import { modeOf, tensorOf, uploadTree } from "../support/part.js";

/** How a head is run that has the state it starts with; call it inside `tf.tidy`. */
export function modeFor(head: Head, training: boolean, seed: string | number = "noise"): Mode {
  return modeOf(training, seed, uploadTree(head.initialize(new Random(1)).state ?? {}));
}

/** Output of a head with the state it starts with, as plain numbers. */
export function run(
  head: Head,
  parameters: HostTree,
  rows: Matrix,
  { training, noise }: Mode = modeOf(false),
): number[] {
  let values: number[] = [];
  tf.tidy(() => {
    const vectors = tf.tensor2d(rows.flat(), [rows.length, head.inputSize]);
    values = Array.from(
      tensorOf(head.apply(uploadTree(parameters), vectors, { ...modeFor(head, training), noise })).dataSync(),
    );
  });
  return values;
}
