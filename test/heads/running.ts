import * as tf from "likewise/tf";
import type { Head } from "../../lib/contracts/head.js";
import type { Mode } from "../../lib/contracts/part.js";
import type { HostTree } from "../../lib/tensor/tree.js";
import type { Matrix } from "../support/gradient.js";
import { modeOf, tensorOf, uploadTree } from "../support/part.js";

/** Output of a head without state, as plain numbers. */
export function run(head: Head, parameters: HostTree, rows: Matrix, mode: Mode = modeOf(false)): number[] {
  let values: number[] = [];
  tf.tidy(() => {
    const vectors = tf.tensor2d(rows.flat(), [rows.length, head.inputSize]);
    values = Array.from(tensorOf(head.apply(uploadTree(parameters), vectors, mode)).dataSync());
  });
  return values;
}
