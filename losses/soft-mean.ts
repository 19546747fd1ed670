import { inTurn } from "../lib/tensor/in-turn.js";
import { rowsWithAny } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";

/** Moves what is not in the mask below everything that is. */
const FAR = 1e30;

/**
 * `[n, m] -> [n]`, the mean of each row over what the mask `[n, m]` holds, with weights like `exp(sharpness · value)`: from the plain
 * mean for 0 towards the largest. 0 with gradient 0 for a row that holds nothing.
 */
export function softMeanInRow(values: tf.Tensor2D, mask: tf.Tensor2D, sharpness: number): tf.Tensor1D {
  return tf.customGrad((given, save) => {
    const x = given as tf.Tensor2D;
    const empty = tf.sub(1, tf.expandDims(rowsWithAny(mask), 1));
    const shares = inTurn(
      tf.step(mask),
      (held) => tf.sub(held, 1),
      (held) => tf.mul(held, FAR),
      (held) => tf.tidy(() => tf.add(tf.mul(x, sharpness), held)),
      (held) => tf.sub(held, tf.max(held, 1, true)),
      (held) => tf.exp(held),
      (held) => tf.mul(held, mask),
      (held) => tf.div(held, tf.add(tf.sum(held, 1, true), empty)),
    );
    const mean = tf.tidy(() => tf.sum(tf.mul(x, shares), 1, true)); // [n, 1]
    const slopes = inTurn(
      tf.sub(x, mean),
      (held) => tf.mul(held, sharpness),
      (held) => tf.add(held, 1),
      (held) => tf.mul(shares, held),
    );
    (save as tf.GradSaveFunc)([slopes]);
    return {
      value: tf.squeeze(mean, [1]),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [tf.mul(tf.expandDims(dy, 1), saved[0] as tf.Tensor2D)],
    };
  })(values) as tf.Tensor1D;
}
