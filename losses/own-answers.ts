import type { Linear } from "../lib/tensor/linear.js";
import { innerProducts } from "../lib/tensor/pairwise.js";
import { directions, unitRows } from "../lib/tensor/rows.js";
import * as tf from "../lib/tensor/tf.js";

/**
 * `[n, d] × [n, d] -> [n]`, minus the logarithm of the softmax probability that row i of `left` finds row i of `right` among all of them
 * by `scale · cos(left, right)`: `log Σⱼ exp(s cos(lᵢ, rⱼ)) - s cos(lᵢ, rᵢ)`. The same as `crossEntropy` of these products with the
 * diagonal, in half the passes over `[n, n]` numbers: what the diagonal adds to the gradient is added to `[n, d]` numbers.
 */
export function ownAnswers(left: tf.Tensor2D, right: tf.Tensor2D, scale: number): tf.Tensor1D {
  return tf.customGrad((givenLeft, givenRight, save) => {
    const [l, r] = [givenLeft as tf.Tensor2D, givenRight as tf.Tensor2D];
    const { shares, value } = answersOf(innerProducts(l, r), scale);
    (save as tf.GradSaveFunc)([l, r, shares()]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x, y, shares] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
        const weights = tf.expandDims(tf.mul(dy, scale), 1); // [n, 1]
        const weighted = tf.mul(x, weights) as tf.Tensor2D;
        return [tf.mul(tf.sub(tf.matMul(shares, y), y), weights), tf.sub(tf.matMul(shares, weighted, true), weighted)];
      },
    };
  })(unitRows(left), unitRows(right)) as tf.Tensor1D;
}

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
    const { logits, shares, own, value } = answersOf(innerProducts(l.unit, r.unit), scale);
    save([A, B, l.inverse, r.inverse, logits, own(), shares(), W, ...(c === null ? [] : [c])]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => slopesByMap(dy, scale, saved as Saved),
    };
  })(...parameters) as tf.Tensor1D;
}

type Saved = [
  A: tf.Tensor2D,
  B: tf.Tensor2D,
  overLeft: tf.Tensor2D,
  overRight: tf.Tensor2D,
  logits: tf.Tensor2D,
  own: tf.Tensor1D,
  shares: tf.Tensor2D,
  kernel: tf.Tensor2D,
  bias?: tf.Tensor1D,
];

function slopesByMap(dy: tf.Tensor, scale: number, saved: Saved): tf.Tensor[] {
  const [A, B, overLeft, overRight, logits, own, shares, W, bias] = saved;
  const [n] = dy.shape as [number];
  const slopes = tf.reshape(dy, [n, 1]) as tf.Tensor2D;
  const owns = tf.reshape(own, [n, 1]);
  // The slopes by a · bᵀ are P = diag(weights) (shares - 1) diag(overRight); of them, what is along the rows themselves:
  const along = tf.mul(shares, logits) as tf.Tensor2D;
  const alongLeft = tf.mul(tf.sub(tf.sum(along, 1, true), owns), tf.div(overLeft, scale)); // α / weights, [n, 1]
  const alongRight = tf.mul(tf.sub(tf.matMul(along, slopes, true), tf.mul(owns, slopes)), tf.square(overRight)); // β, [n, 1]
  const weights = tf.mul(tf.mul(slopes, overLeft), scale) as tf.Tensor2D;
  const Aweighted = tf.mul(A, weights) as tf.Tensor2D;
  const Bunit = tf.mul(B, overRight) as tf.Tensor2D;
  const subtracted = tf.add(Bunit, tf.mul(A, tf.mul(alongLeft, 0.5)));
  const M = tf.sub<tf.Tensor2D>(
    tf.matMul(Aweighted, tf.sub<tf.Tensor2D>(tf.matMul(shares, Bunit), subtracted), true),
    halfGram(B, tf.mul(B, alongRight)),
  );
  const slope = tf.matMul(tf.add<tf.Tensor2D>(M, tf.transpose(M)), W);
  if (bias === undefined) return [slope];
  // The bias is one more row of the map, for a column of ones.
  const left = tf.sub<tf.Tensor2D>(tf.matMul(shares, overRight), tf.add(overRight, alongLeft)); // (P·1 - α) / weights, [n, 1]
  const right = tf.sub<tf.Tensor2D>(tf.mul(tf.sub(tf.matMul(shares, weights, true), weights), overRight), alongRight); // Pᵀ·1 - β, [n, 1]
  const edge = tf.add<tf.Tensor2D>(tf.matMul(Aweighted, left, true), tf.matMul(B, right, true)); // [d, 1]
  const corner = tf.add(tf.sum(tf.mul(left, weights)), tf.sum(right));
  return [
    tf.add(slope, tf.mul(edge, tf.reshape(bias, [1, -1]))),
    tf.add(tf.reshape(tf.matMul(W, edge, true), [-1]), tf.mul(bias, corner)),
  ];
}

/** Bands in which a symmetric product is computed: three take two thirds of its multiplications, and more are too narrow. */
const BANDS = 3;
/** Columns from which bands pay. */
const WIDE = 192;

/** `V` with `V + Vᵀ = rowsᵀ · weighted`, which is symmetric; what is below the diagonal is not computed where that saves time. */
function halfGram(rows: tf.Tensor2D, weighted: tf.Tensor2D): tf.Tensor2D {
  const [n, d] = rows.shape;
  if (d < WIDE) return tf.mul(tf.matMul(rows, weighted, true), 0.5);
  const height = Math.ceil(d / BANDS);
  const bands = Array.from({ length: BANDS }, (_, band) => {
    const start = band * height;
    const rest = d - start;
    const own = Math.min(height, rest);
    const above = tf.matMul(tf.slice(rows, [0, start], [n, own]), tf.slice(weighted, [0, start], [n, rest]), true); // [own, rest]
    const squareHalf = tf.mul(tf.slice(above, [0, 0], [own, own]), 0.5);
    const others = tf.slice(above, [0, own], [own, rest - own]);
    return tf.concat([tf.zeros([own, start]), squareHalf, others], 1);
  });
  return tf.concat(bands, 0) as tf.Tensor2D;
}

/**
 * Up to this scale no probability is below exp(-2 · 32) / n, which float32 still holds with all its digits, and logarithms can be taken
 * of the n that are needed.
 */
const MODERATE_SCALE = 32;

function answersOf(cosines: tf.Tensor2D, scale: number) {
  const [n] = cosines.shape;
  const logits = tf.mul(cosines, scale) as tf.Tensor2D;
  const diagonal = tf.mul(tf.range(0, n, 1, "int32"), tf.scalar(n + 1, "int32")) as tf.Tensor1D;
  const of = (matrix: tf.Tensor): tf.Tensor1D => tf.gather(tf.reshape(matrix, [n * n]), diagonal);
  const own = (): tf.Tensor1D => of(logits);
  if (scale <= MODERATE_SCALE) {
    const shares = tf.softmax(logits);
    return { logits, own, shares: () => shares, value: tf.neg(tf.log(of(shares))) as tf.Tensor1D };
  }
  const logarithms = tf.logSoftmax(logits);
  return { logits, own, shares: () => tf.exp(logarithms), value: tf.neg(of(logarithms)) as tf.Tensor1D };
}
