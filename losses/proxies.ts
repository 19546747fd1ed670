import type { Init } from "../lib/contracts/part.js";
import type { Group } from "../lib/contracts/samples.js";
import type { Random } from "../lib/random.js";
import { hostTensor } from "../lib/tensor/host.js";
import { equalPairs } from "../lib/tensor/masks.js";
import { innerProducts } from "../lib/tensor/pairwise.js";
import { unitRows } from "../lib/tensor/rows.js";
import * as tf from "../lib/tensor/tf.js";
import { wholeNumber } from "./options.js";

/** Size of the table of proxies: one trained vector for each group. `configureLoss({ embeddingSize, groups })` gives both. */
export interface ProxyOptions {
  /** Width of the embeddings. */
  readonly embeddingSize: number;
  /** The groups of the train loader, or how many there are. */
  readonly groups: number | readonly Group[];
}

/** The trained parameters: `kernel` `[embeddingSize, groups]`, a column for each group. */
export type ProxyParameters = { readonly kernel: tf.Tensor2D };

/** How many groups are meant. */
export function countOf(groups: number | readonly Group[]): number {
  return typeof groups === "number" ? groups : ((groups as readonly Group[] | undefined)?.length ?? NaN);
}

/** Problems of the options that all proxy losses share. */
export function proxyProblems({ embeddingSize, groups }: ProxyOptions): (string | null)[] {
  return [wholeNumber("embeddingSize", embeddingSize, 1), wholeNumber("groups", countOf(groups), 1)];
}

/** Proxies from a normal distribution. */
export function normalProxies(random: Random, embeddingSize: number, groups: number, deviation: number): Init {
  return {
    parameters: { kernel: hostTensor(random.normals(embeddingSize * groups, 0, deviation), [embeddingSize, groups]) },
  };
}

/** `[n, d] -> [n, groups]`, cosine of every embedding with every proxy. */
export function proxyCosines(embeddings: tf.Tensor2D, kernel: tf.Tensor2D): tf.Tensor2D {
  return innerProducts(unitRows(embeddings), unitRows(tf.transpose(kernel)));
}

/** `[n] -> [n, count]`, 1 at the row's group. A group outside 0..count-1 has none. */
export function groupColumns(groups: tf.Tensor1D, count: number): tf.Tensor2D {
  return equalPairs(groups, tf.range(0, count, 1, "int32"));
}
