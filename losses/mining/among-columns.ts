import { takeFromRows } from "../../lib/tensor/row-order.js";
import * as tf from "../../lib/tensor/tf.js";
import { withoutGradient } from "../../lib/tensor/without-gradient.js";
import type { Comparison } from "./comparison.js";

/** Numbers in the largest intermediate of pairs of remembered rows: 32 MiB. */
const BLOCK = 1 << 23;

/**
 * `[n, k]`, the distance from the column of a positive to the column of a negative, for triplets given by both, `[n, k]` int32. Within a
 * batch these are places of the matrix of distances, with its gradient; remembered rows, which get none, are compared pair by pair.
 */
export function amongColumns(comparison: Comparison, positives: tf.Tensor2D, negatives: tf.Tensor2D): tf.Tensor2D {
  if (comparison.within) return takenAt(comparison.matrix, positives, negatives);
  const { columns, distance } = comparison;
  const [n, k] = positives.shape;
  const height = Math.max(1, Math.floor(BLOCK / (k * columns.shape[1])));
  return withoutGradient(() => {
    /** Always 0; makes each block wait for the one before. */
    let before: tf.Tensor = tf.scalar(0, "int32");
    const blocks = Array.from({ length: Math.ceil(n / height) }, (_, block) => {
      const rows = Math.min(height, n - block * height);
      const part = (places: tf.Tensor2D): tf.Tensor2D =>
        tf.gather(columns, tf.add(tf.reshape(tf.slice(places, [block * height, 0], [rows, k]), [rows * k]), before));
      const found = tf.tidy(() => tf.reshape(distance.pairs(part(positives), part(negatives)), [rows, k]));
      before = tf.cast(tf.less(tf.max(tf.abs(found)), 0), "int32");
      return found as tf.Tensor2D;
    });
    return tf.concat(blocks, 0);
  });
}

/**
 * `[n, n]`, the smaller of the distances of row i and of row j to column `negatives[i, j]`, with its gradient, which goes to the first of
 * equals. Holds one matrix of places for it, not both distances.
 */
export function nearerOfBoth(distances: tf.Tensor2D, negatives: tf.Tensor2D): tf.Tensor2D {
  const [n] = distances.shape;
  const rows = withoutGradient(() =>
    tf.tidy(() => {
      const whole = tf.cast(negatives, "int32") as tf.Tensor2D;
      const numbers = tf.range(0, n);
      const [anchors, positives] = [tf.expandDims(numbers, 1), tf.expandDims(numbers, 0)];
      const first = tf.tidy(() => {
        const among = takenAt(distances, tf.add<tf.Tensor2D>(tf.zeros([n, 1]), positives), whole);
        return tf.cast(tf.lessEqual(takeFromRows(distances, whole), among), "float32");
      });
      return tf.add(positives, tf.mul(first, tf.sub(anchors, positives))) as tf.Tensor2D;
    }),
  ) as tf.Tensor2D;
  return takenAt(distances, rows, negatives);
}

/** `[n, k]`, the numbers of a matrix at these rows and columns, `[n, k]` int32, with their gradient. */
function takenAt(matrix: tf.Tensor2D, rows: tf.Tensor2D, columns: tf.Tensor2D): tf.Tensor2D {
  const [height, width] = matrix.shape;
  // Whole numbers that float32 holds are computed as such, which is ten times faster on wasm.
  const dtype = height * width <= 2 ** 24 ? "float32" : "int32";
  const places = withoutGradient(() =>
    tf.tidy(() => tf.add(tf.mul(tf.cast(rows, dtype), tf.scalar(width, dtype)), tf.cast(columns, dtype))),
  );
  const flat = tf.reshape(tf.cast(places, "int32"), [1, -1]) as tf.Tensor2D;
  return tf.customGrad((given, save) => {
    (save as tf.GradSaveFunc)([flat]);
    return {
      value: tf.reshape(takeFromRows(tf.reshape(given as tf.Tensor, [1, height * width]), flat), rows.shape),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const positions = tf.reshape(saved[0] as tf.Tensor, [-1, 1]) as tf.Tensor2D;
        const numbers = tf.reshape(dy, [-1]);
        return [tf.reshape(tf.scatterND(positions, numbers, [height * width]), [height, width])];
      },
    };
  })(matrix) as tf.Tensor2D;
}
