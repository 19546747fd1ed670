import { inTurn } from "../lib/tensor/in-turn.js";
import { largestInRow } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";

/**
 * `[n, groups * each] -> [n, groups]`, the largest of each group's columns, which stand side by side. Equal largest ones share the
 * gradient.
 */
export function nearestOfGroup(cosines: tf.Tensor2D, groups: number, each: number): tf.Tensor2D {
  const rows = tf.reshape(cosines, [cosines.shape[0] * groups, each]) as tf.Tensor2D;
  return tf.reshape(largestInRow(rows, tf.onesLike(rows)), [cosines.shape[0], groups]);
}

/**
 * `[n, groups * each] -> [n, groups]`, the mean S of each group's columns by the weights `w = softmax(cosine / temperature)`. Its
 * derivative is `w (1 + (cosine - S) / temperature)`; the weights are computed again for it instead of kept.
 */
export function softNearestOfGroup(
  cosines: tf.Tensor2D,
  groups: number,
  each: number,
  temperature: number,
): tf.Tensor2D {
  const [n, columns] = cosines.shape;
  const byGroup = (values: tf.Tensor, width: number): tf.Tensor2D => tf.reshape(values, [n * groups, width]);
  const weightsOf = (rows: tf.Tensor2D): tf.Tensor2D => tf.tidy(() => tf.softmax(tf.div(rows, temperature)));
  return tf.customGrad((given, save) => {
    const rows = byGroup(given as tf.Tensor2D, each);
    const means = tf.tidy(() =>
      tf.sum(
        inTurn(weightsOf(rows), (held) => tf.mul<tf.Tensor2D>(held, rows)),
        1,
      ),
    );
    (save as tf.GradSaveFunc)([given as tf.Tensor2D, means]);
    return {
      value: tf.reshape(means, [n, groups]),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [ofAll, ofGroup] = saved as [tf.Tensor2D, tf.Tensor1D];
        const values = byGroup(ofAll, each);
        const slopes = inTurn(
          tf.sub<tf.Tensor>(values, tf.expandDims(ofGroup, 1)),
          (held) => tf.div(held, temperature),
          (held) => tf.add(held, 1),
          (held) => tf.tidy(() => tf.mul(held, weightsOf(values))),
          (held) => tf.mul(held, byGroup(dy, 1)),
        );
        return [tf.reshape(slopes, [n, columns])];
      },
    };
  })(cosines) as tf.Tensor2D;
}
