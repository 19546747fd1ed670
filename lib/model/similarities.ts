import type { Distance } from "../contracts/distance.js";
import type { Kind } from "../contracts/samples.js";
import * as tf from "../tensor/tf.js";

/** More rows than this would be too many numbers to hand over at every step. */
const MOST_ROWS = 4096;

/**
 * How similar the rows of a batch are, for metrics that read it: of groups `[n, n]`, of pairs `[p, p]`, every `a` with every `b`. Most
 * losses compute the same, and a compiled step computes it once. Null for other kinds and for very large batches.
 */
export function similaritiesOf(kind: Kind, distance: Distance, embeddings: tf.Tensor2D): tf.Tensor2D | null {
  const [rows] = embeddings.shape;
  if (kind === "group" && rows <= MOST_ROWS) return distance.similarity(distance.matrix(embeddings, embeddings));
  if (kind !== "pair" || rows > 2 * MOST_ROWS) return null;
  const [a, b] = tf.split(embeddings, 2, 0) as [tf.Tensor2D, tf.Tensor2D];
  return distance.similarity(distance.matrix(a, b));
}
