import * as tf from "./tf.js";

/** How each row of a matrix is sorted, for arranging other matrices of that shape the same way. */
export interface RowOrder {
  /** `[n, m] -> [n, m]`, each row arranged like the sorted keys. */
  arrange(matrix: tf.Tensor2D): tf.Tensor2D;
  /** The inverse of `arrange`. */
  restore(sorted: tf.Tensor2D): tf.Tensor2D;
  /** `[n, m]`, from sorted place to column, int32. */
  readonly columns: tf.Tensor2D;
}

/** Sorts the keys of every row from largest to smallest, NaN as 0. Not differentiable; for use inside `countedSum`. */
export function descending(keys: tf.Tensor2D): RowOrder {
  const [rows, size] = keys.shape;
  const { indices } = tf.topk(tf.where(tf.isNaN(keys), tf.zerosLike(keys), keys), size, true);
  const columns = tf.cast(indices, "int32") as tf.Tensor2D;
  const flat = flatPositions(columns);
  return {
    columns,
    arrange: (matrix) => tf.reshape(tf.gather(tf.reshape(matrix, [rows * size]), flat), [rows, size]),
    restore: (sorted) => tf.reshape(scatterAdd(flat, tf.reshape(sorted, [rows * size]), rows * size), [rows, size]),
  };
}

/** `[n, m]`, element `[i, j]` is `matrix[i, columns[i, j]]`. Not differentiable here; see `descending`. */
export function takeFromRows(matrix: tf.Tensor2D, columns: tf.Tensor2D): tf.Tensor2D {
  const [rows, size] = matrix.shape;
  return tf.reshape(tf.gather(tf.reshape(matrix, [rows * size]), flatPositions(columns, size)), columns.shape);
}

/** `[n, size]` that has in `[i, columns[i, j]]` the sum of all such `values[i, j]`, else 0. */
export function addIntoRows(values: tf.Tensor2D, columns: tf.Tensor2D, size: number): tf.Tensor2D {
  const [rows, count] = values.shape;
  return tf.reshape(scatterAdd(flatPositions(columns, size), tf.reshape(values, [rows * count]), rows * size), [
    rows,
    size,
  ]);
}

/** `[n, m] -> [n * m]`, columns of a matrix of width `size` as positions in its flat form. */
function flatPositions(columns: tf.Tensor2D, size = columns.shape[1]): tf.Tensor1D {
  const [rows, count] = columns.shape;
  const starts = tf.expandDims(tf.mul(tf.range(0, rows, 1, "int32"), tf.scalar(size, "int32")), 1); // [n, 1]
  return tf.reshape(tf.add(columns, starts), [rows * count]);
}

function scatterAdd(positions: tf.Tensor1D, values: tf.Tensor1D, size: number): tf.Tensor1D {
  return tf.scatterND(tf.expandDims(positions, 1), values, [size]);
}
