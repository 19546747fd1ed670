import { innerProducts } from "../lib/tensor/pairwise.js";
import { unitRows } from "../lib/tensor/rows.js";
import * as tf from "../lib/tensor/tf.js";

/**
 * `[n, d] × [n, d] -> [n]`, minus the logarithm of the softmax probability that row i of `left` finds row i of `right` among all of them
 * by `scale · cos(left, right)`: `log Σⱼ exp(s cos(lᵢ, rⱼ)) - s cos(lᵢ, rᵢ)`. The same as `crossEntropy` of these products with the
 * diagonal, in half the passes over `[n, n]` numbers: what the diagonal adds to the gradient is added to `[n, d]` numbers.
 */
export function ownAnswers(left: tf.Tensor2D, right: tf.Tensor2D, scale: number): tf.Tensor1D {
  return tf.customGrad((givenLeft, givenRight, save) => {
    const [l, r] = [givenLeft as tf.Tensor2D, givenRight as tf.Tensor2D];
    const { kept, value } = answersOf(innerProducts(l, r), scale);
    (save as tf.GradSaveFunc)([l, r, kept]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x, y, found] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
        const shares = sharesOf(found, scale);
        const weights = tf.expandDims(tf.mul(dy, scale), 1); // [n, 1]
        const weighted = tf.mul(x, weights) as tf.Tensor2D;
        return [tf.mul(tf.sub(tf.matMul(shares, y), y), weights), tf.sub(tf.matMul(shares, weighted, true), weighted)];
      },
    };
  })(unitRows(left), unitRows(right)) as tf.Tensor1D;
}

/**
 * Up to this scale no probability is below exp(-2 · 32) / n, which float32 still holds with all its digits, and logarithms can be taken
 * of the n that are needed.
 */
const MODERATE_SCALE = 32;

/** What softmax makes of cosines. */
export interface Answers {
  /** `[n, n]`, the cosines times the scale. */
  readonly logits: tf.Tensor2D;
  /** `[n, n]`, to be kept for the gradient: see `sharesOf`. */
  readonly kept: tf.Tensor2D;
  /** `[n]`, minus the logarithm of each own answer's probability. */
  readonly value: tf.Tensor1D;
}

/** The answers of `[n, n]` cosines, each row's own on the diagonal. */
export function answersOf(cosines: tf.Tensor2D, scale: number): Answers {
  const logits: tf.Tensor2D = tf.mul(cosines, scale);
  if (scale > MODERATE_SCALE) {
    const logarithms = tf.logSoftmax(logits) as tf.Tensor2D;
    return { logits, kept: logarithms, value: tf.neg(diagonalOf(logarithms)) };
  }
  const shares = tf.softmax(logits);
  return { logits, kept: shares, value: tf.neg(tf.log(diagonalOf(shares))) };
}

/** The probabilities `[n, n]` of what `answersOf` kept: it kept them themselves, or their logarithms for large scales. */
export function sharesOf(kept: tf.Tensor2D, scale: number): tf.Tensor2D {
  return scale > MODERATE_SCALE ? tf.exp(kept) : kept;
}

/** `[n, n] -> [n]` */
export function diagonalOf(matrix: tf.Tensor2D): tf.Tensor1D {
  const [n] = matrix.shape;
  const places = tf.mul(tf.range(0, n, 1, "int32"), tf.scalar(n + 1, "int32")) as tf.Tensor1D;
  return tf.gather(tf.reshape(matrix, [n * n]), places);
}
