import { inTurn } from "../lib/tensor/in-turn.js";
import { rowsWithAny } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";

/** Moves what is not in the mask below everything that is. */
const FAR = 1e30;

/**
 * `[n, m] -> [n]`, `log Σ exp(value)` of each row over what the mask `[n, m]` holds, without overflow; 0 with gradient 0 for a row that
 * holds nothing. What the mask holds several times counts several times. With `withOne`, `log(1 + Σ exp(value))`. Instead of a
 * value, `scale (value - base)`, without keeping it.
 */
export function logSumExpInRow(
  values: tf.Tensor2D,
  mask: tf.Tensor2D,
  { withOne = false, scale = 1, base = 0 } = {},
): tf.Tensor1D {
  return tf.customGrad((given, save) => {
    const inMask = inTurn(
      tf.step(mask),
      (held) => tf.sub(held, 1),
      (held) => tf.mul(held, FAR),
      (held) =>
        scale === 1 && base === 0
          ? tf.add(given as tf.Tensor2D, held)
          : tf.tidy(() => tf.add(tf.mul(tf.sub(given as tf.Tensor2D, base), scale), held)),
    );
    const any = tf.expandDims(rowsWithAny(mask), 1); // [n, 1]
    const largest = tf.max(inMask, 1, true);
    const top = withOne ? tf.relu(largest) : largest;
    const powers = inTurn(
      inMask,
      (held) => tf.sub(held, top),
      (held) => tf.exp(held),
      (held) => tf.mul(held, mask),
    );
    const total = tf.add(tf.sum(powers, 1, true), withOne ? tf.exp(tf.neg(top)) : tf.sub(1, any));
    (save as tf.GradSaveFunc)([tf.div(powers, total)]);
    return {
      value: tf.squeeze(tf.add(tf.log(total), tf.mul(top, any)), [1]),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [
        tf.mul(tf.expandDims(tf.mul(dy, scale), 1), saved[0] as tf.Tensor2D),
      ],
    };
  })(values) as tf.Tensor1D;
}
