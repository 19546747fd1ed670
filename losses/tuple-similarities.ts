import type { Distance } from "../lib/contracts/distance.js";
import { equalPairs } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";

/** `[owners]`, the similarity of every positive and negative of tuples to its own anchor; anchors are the first rows. */
export function tupleSimilarities(distance: Distance, rows: tf.Tensor2D, owners: tf.Tensor1D): tf.Tensor1D {
  const anchorCount = rows.shape[0] - owners.shape[0];
  const [anchors, others] = tf.split(rows, [anchorCount, owners.shape[0]], 0) as [tf.Tensor2D, tf.Tensor2D];
  const chosen = equalPairs(owners, tf.range(0, anchorCount, 1, "int32"));
  return distance.similarity(distance.pairs(tf.matMul<tf.Tensor2D>(chosen, anchors), others));
}
