import type { Init } from "../lib/contracts/part.js";
import { hostScalar } from "../lib/tensor/host.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";

/** A trained scale never gets larger than this. */
export const LARGEST_SCALE = 100;

/** A trained scale is kept as its logarithm, so that it stays positive. */
export function learnedScale(scale: number): Init {
  return { parameters: { logScale: hostScalar(Math.log(scale)) } };
}

/** The scale that `learnedScale` started, at most 100. At the bound, only a gradient that lowers it passes. */
export function currentScale({ logScale }: TensorTree): tf.Scalar {
  const bounded = tf.customGrad((given, save) => {
    const beyond = tf.step(tf.sub(given as tf.Scalar, Math.log(LARGEST_SCALE)));
    (save as tf.GradSaveFunc)([beyond]);
    return {
      value: tf.minimum(given as tf.Scalar, Math.log(LARGEST_SCALE)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const raising = tf.sub(dy, tf.relu(dy)); // a descent step along a negative gradient raises the scale
        return [tf.sub(dy, tf.mul(raising, saved[0] as tf.Scalar))];
      },
    };
  });
  return tf.exp(bounded(logScale as tf.Scalar) as tf.Scalar);
}
