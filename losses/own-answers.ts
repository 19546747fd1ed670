import { innerProducts } from "../lib/tensor/pairwise.js";
import * as tf from "../lib/tensor/tf.js";

/**
 * `[n, d] × [n, d] -> [n]`, minus the logarithm of the softmax probability that row i of `left` finds row i of `right` among all of them
 * by `scale · left · right`: `log Σⱼ exp(s lᵢ·rⱼ) - s lᵢ·rᵢ`. The same as `crossEntropy` of these products with the diagonal, in half the
 * passes over `[n, n]` numbers: what the diagonal adds to the gradient is added to `[n, d]` numbers.
 */
export function ownAnswers(left: tf.Tensor2D, right: tf.Tensor2D, scale: number): tf.Tensor1D {
  return tf.customGrad((givenLeft, givenRight, save) => {
    const [l, r] = [givenLeft as tf.Tensor2D, givenRight as tf.Tensor2D];
    const [n] = l.shape;
    const logarithms = tf.logSoftmax(tf.mul(innerProducts(l, r), scale));
    const diagonal = tf.mul(tf.range(0, n, 1, "int32"), tf.scalar(n + 1, "int32"));
    (save as tf.GradSaveFunc)([l, r, logarithms]);
    return {
      value: tf.neg(tf.gather(tf.reshape(logarithms, [n * n]), diagonal as tf.Tensor1D)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x, y, logarithm] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
        const shares = tf.exp(logarithm); // [n, n]
        const weights = tf.expandDims(tf.mul(dy, scale), 1); // [n, 1]
        const weighted = tf.mul(x, weights) as tf.Tensor2D;
        return [tf.mul(tf.sub(tf.matMul(shares, y), y), weights), tf.sub(tf.matMul(shares, weighted, true), weighted)];
      },
    };
  })(left, right) as tf.Tensor1D;
}
