import { equalPairs } from "../../lib/tensor/masks.js";
import { addIntoRows, takeFromRows } from "../../lib/tensor/row-order.js";
import * as tf from "../../lib/tensor/tf.js";

/** Larger than any distance, small enough to be added and subtracted. */
export const FAR = 1e30;

/** Distances in the mask as they are, others far away. */
export function beyond(distances: tf.Tensor2D, mask: tf.Tensor2D, far: number): tf.Tensor2D {
  return tf.tidy(() => tf.add(distances, tf.mul(tf.sub(1, mask), far)));
}

/** `[n]` int32, the column of the largest value of each row among those in the mask, the first of equals; any for a row without one. */
export function farthestColumn(distances: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => tf.argMax(beyond(distances, mask, -FAR), 1));
}

/** Like `farthestColumn`, of the smallest value. */
export function nearestColumn(distances: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => tf.argMin(beyond(distances, mask, FAR), 1));
}

/** `[n, count]` int32, the columns of the largest values of each row among those in the mask, largest first, then any others. */
export function farthestColumns(values: tf.Tensor2D, mask: tf.Tensor2D, count: number): tf.Tensor2D {
  return tf.tidy(() => {
    const keys = beyond(values, mask, -FAR);
    // NaN has no place in an order.
    return tf.cast(tf.topk(tf.where(tf.isNaN(keys), tf.fill(keys.shape, -FAR), keys), count, true).indices, "int32");
  }) as tf.Tensor2D;
}

/** `[n, m]`, 1 in one column of each row, if that is in the mask. */
export function onlyColumn(column: tf.Tensor1D, mask: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => tf.mul(equalPairs(column, tf.range(0, mask.shape[1], 1, "int32")), mask));
}

/** `[n, 1]`, the largest value of each row among those in the mask; far below every distance for a row without one. */
export function farthest(distances: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => tf.max(beyond(distances, mask, -FAR), 1, true));
}

/** `[n, 1]`, the smallest value of each row among those in the mask; far above every distance for a row without one. */
export function nearest(distances: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => tf.min(beyond(distances, mask, FAR), 1, true));
}

/** `[n, m] -> [n, 1]`, 1 for rows that have something. */
export function any(mask: tf.Tensor2D): tf.Tensor2D {
  return tf.step(tf.sum<tf.Tensor2D>(mask, 1, true));
}

/** `[n, m]`, element `[i, j]` is `matrix[i, columns[i, j]]`, with its gradient by the matrix; the columns are float32 or int32. */
export function differentiablyTaken(matrix: tf.Tensor2D, columns: tf.Tensor2D): tf.Tensor2D {
  const [, size] = matrix.shape;
  const whole = tf.cast(columns, "int32") as tf.Tensor2D;
  return tf.customGrad((given, save) => {
    (save as tf.GradSaveFunc)([whole]);
    return {
      value: takeFromRows(given as tf.Tensor2D, whole),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [addIntoRows(dy as tf.Tensor2D, saved[0] as tf.Tensor2D, size)],
    };
  })(matrix) as tf.Tensor2D;
}
