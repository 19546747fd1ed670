import { halfGram } from "../lib/tensor/half-gram.js";
import type { Linear } from "../lib/tensor/linear.js";
import { innerProducts } from "../lib/tensor/pairwise.js";
import { directions } from "../lib/tensor/rows.js";
import * as tf from "../lib/tensor/tf.js";
import { answersOf, diagonalOf, sharesOf } from "./own-answers.js";

/** Multiplications that have to be saved, about a tenth of a millisecond: graphs of small batches are to be the same at all sizes. */
const WORTH = 1 << 23;

/** Whether `ownAnswersOfLinear` takes clearly fewer multiplications than the way over the rows: for many rows of few columns. */
export function isCheaperByMap({ inputs, kernel }: Linear): boolean {
  const [d, e] = kernel.shape;
  const n = inputs.shape[0] / 2;
  const throughMap = n * n * d + 2 * n * d * d + d * d * e;
  const throughRows = 2 * n * n * e + 2 * n * d * e;
  return throughMap < 0.9 * throughRows && throughRows - throughMap > WORTH;
}

/**
 * `ownAnswers` of the upper and lower half of `rows`, which are `inputs · kernel + bias`, with the gradient taken straight by kernel and
 * bias. For `a = A·W`, `b = B·W` (W the kernel; A, B the halves of the inputs) and any loss of the cosines with slopes `P` by the products
 * `a · bᵀ`, the slope by W is `(M + Mᵀ) W` with `M = AᵀPB - ½ Aᵀ diag(α) A - ½ Bᵀ diag(β) B`, where α and β stand for the divisions by
 * length. So one product of `[n, n]` numbers is left of two.
 */
export function ownAnswersOfLinear(rows: tf.Tensor2D, { inputs, kernel, bias }: Linear, scale: number): tf.Tensor1D {
  const [left, right] = tf.split(rows, 2, 0) as [tf.Tensor2D, tf.Tensor2D];
  const [A, B] = tf.split(inputs, 2, 0) as [tf.Tensor2D, tf.Tensor2D];
  const parameters = bias === null ? [kernel] : [kernel, bias];
  return tf.customGrad((...all) => {
    const save = all.pop() as tf.GradSaveFunc;
    const [W, c = null] = all as [tf.Tensor2D, tf.Tensor1D?];
    const [l, r] = [directions(left), directions(right)];
    const { logits, kept, value } = answersOf(innerProducts(l.unit, r.unit), scale);
    save([A, B, l.inverse, r.inverse, logits, kept, W, ...(c === null ? [] : [c])]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => slopesByMap(dy, scale, saved as Saved),
    };
  })(...parameters) as tf.Tensor1D;
}

/** A and B `[n, d]`; 1 over the lengths of the rows `[n, 1]`; `[n, n]`, see `answersOf`; kernel `[d, e]` and bias `[e]`. */
type Saved = [
  A: tf.Tensor2D,
  B: tf.Tensor2D,
  overLeft: tf.Tensor2D,
  overRight: tf.Tensor2D,
  logits: tf.Tensor2D,
  kept: tf.Tensor2D,
  kernel: tf.Tensor2D,
  bias?: tf.Tensor1D,
];

/** The slopes by kernel and bias, given those by the `[n]` values. */
function slopesByMap(dy: tf.Tensor, scale: number, saved: Saved): tf.Tensor[] {
  const [A, B, overLeft, overRight, logits, kept, W, bias] = saved;
  const [n] = dy.shape as [number];
  const slopes = tf.reshape(dy, [n, 1]) as tf.Tensor2D;
  const owns = tf.reshape(diagonalOf(logits), [n, 1]);
  const shares = sharesOf(kept, scale);
  // The slopes by a · bᵀ are P = diag(weights) (shares - 1) diag(overRight); of them, what is along the rows themselves:
  const along = tf.mul(shares, logits) as tf.Tensor2D;
  const alongLeft = tf.mul(tf.sub(tf.sum(along, 1, true), owns), tf.div(overLeft, scale)); // α / weights, [n, 1]
  const alongRight = tf.mul(tf.sub(tf.matMul(along, slopes, true), tf.mul(owns, slopes)), tf.square(overRight)); // β, [n, 1]
  const weights = tf.mul(tf.mul(slopes, overLeft), scale) as tf.Tensor2D;
  const Bunit = tf.mul(B, overRight) as tf.Tensor2D;
  const subtracted = tf.add(Bunit, tf.mul(A, tf.mul(alongLeft, 0.5)));
  const found = tf.mul(tf.sub<tf.Tensor2D>(tf.matMul(shares, Bunit), subtracted), weights) as tf.Tensor2D;
  // Mᵀ does as well as M. The rows taken transposed are the ones just written, which the processor still has at hand.
  const M = tf.sub<tf.Tensor2D>(tf.matMul(found, A, true), halfGram(B, tf.mul(B, alongRight)));
  const slope = tf.matMul(tf.add<tf.Tensor2D>(M, tf.transpose(M)), W);
  if (bias === undefined) return [slope];
  // The bias is one more row of the map, for a column of ones.
  const left = tf.sub<tf.Tensor2D>(tf.matMul(shares, overRight), tf.add(overRight, alongLeft)); // (P·1 - α) / weights, [n, 1]
  const right = tf.sub<tf.Tensor2D>(tf.mul(tf.sub(tf.matMul(shares, weights, true), weights), overRight), alongRight); // Pᵀ·1 - β, [n, 1]
  const weighted = tf.mul(left, weights) as tf.Tensor2D;
  const edge = tf.add<tf.Tensor2D>(tf.matMul(A, weighted, true), tf.matMul(B, right, true)); // [d, 1]
  const corner = tf.add(tf.sum(weighted), tf.sum(right));
  return [
    tf.add(slope, tf.mul(edge, tf.reshape(bias, [1, -1]))),
    tf.add(tf.reshape(tf.matMul(W, edge, true), [-1]), tf.mul(bias, corner)),
  ];
}
