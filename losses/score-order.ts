import type { LossValue } from "../lib/contracts/loss.js";
import * as tf from "../lib/tensor/tf.js";

/** Moves what is not compared below everything that is. */
const FAR = 1e30;

/**
 * `log(1 + Σ exp(logitⱼ - logitᵢ))` over all pairs of pairs with `scoreᵢ > scoreⱼ`, without overflow: pairs are to be ordered as their
 * scores are. 0 where all scores are equal. Memory p².
 */
export function scoreOrder(logits: tf.Tensor1D, scores: tf.Tensor1D): LossValue {
  const ordered = tf.cast(tf.greater(tf.expandDims(scores, 1), tf.expandDims(scores, 0)), "float32"); // [p, p]
  const value = tf.customGrad((given, save) => {
    const one = given as tf.Tensor1D;
    const differences = tf.sub(tf.expandDims(one, 0), tf.expandDims(one, 1)); // [i, j]: logit j - logit i
    const compared = tf.add(differences, tf.mul(tf.sub(ordered, 1), FAR));
    const top = tf.relu(tf.max(compared));
    const powers = tf.mul(tf.exp(tf.sub(compared, top)), ordered);
    const total = tf.add(tf.sum(powers), tf.exp(tf.neg(top)));
    const shares = tf.div(powers, total);
    (save as tf.GradSaveFunc)([tf.sub(tf.sum(shares, 0), tf.sum(shares, 1))]);
    return {
      value: tf.add(tf.log(total), top),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [tf.mul(dy, saved[0] as tf.Tensor1D)],
    };
  })(logits) as tf.Scalar;
  return { value, weight: tf.scalar(scores.shape[0]) };
}
