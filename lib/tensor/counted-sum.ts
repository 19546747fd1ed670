import * as tf from "./tf.js";

/** A sum over chosen terms with its derivative, both computed at once. */
export interface Counted {
  readonly total: tf.Scalar;
  /** How many terms were summed; has no gradient. */
  readonly count: tf.Scalar;
  /** Derivative of `total` by the input. */
  readonly gradient: tf.Tensor2D;
}

/**
 * Sum and count of terms that are chosen by looking at the input, such as mined triplets. What `choose` does is not differentiated,
 * so it may sort, compare and scatter; it says the derivative itself.
 */
export function countedSum(
  input: tf.Tensor2D,
  choose: (input: tf.Tensor2D) => Counted,
): { total: tf.Scalar; count: tf.Scalar } {
  const both = tf.customGrad((given, save) => {
    const { total, count, gradient } = choose(given as tf.Tensor2D);
    (save as tf.GradSaveFunc)([gradient]);
    return {
      value: tf.stack([total, count]),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [
        tf.mul(saved[0] as tf.Tensor2D, tf.slice(dy as tf.Tensor1D, [0], [1])),
      ],
    };
  })(input) as tf.Tensor1D;
  return { total: tf.reshape(tf.slice(both, [0], [1]), []), count: tf.reshape(tf.slice(both, [1], [1]), []) };
}
