import { hostTensor, type HostTensors } from "../lib/tensor/host.js";
import * as tf from "../lib/tensor/tf.js";

/** Rows of a table that an item is made of, with their weights. */
export interface Bag {
  readonly ids: Int32Array;
  readonly weights: Float32Array;
}

/** `ids` and `weights` `[n, width]`, weight 0 where an item has fewer rows. There are few widths, so that few programs are compiled. */
export function padBags(bags: readonly Bag[], least: number, most: number): HostTensors {
  const longest = bags.reduce((length, { ids }) => Math.max(length, ids.length), 1);
  const width = Math.min(roundedUp(longest, least), most);
  const ids = new Int32Array(bags.length * width);
  const weights = new Float32Array(bags.length * width);
  bags.forEach((bag, row) => {
    ids.set(bag.ids, row * width);
    weights.set(bag.weights, row * width);
  });
  const shape = [bags.length, width];
  return { ids: hostTensor(ids, shape), weights: hostTensor(weights, shape) };
}

/** The weighted sum of rows of a table: `[n, width]` twice -> `[n, size]`. */
export function sumOfRows(table: tf.Tensor2D, ids: tf.Tensor2D, weights: tf.Tensor2D): tf.Tensor2D {
  const [rows, width] = ids.shape;
  const size = table.shape[1];
  if (rows === 0) return tf.zeros([0, size]);
  const vectors = tf.gather(table, ids); // [rows, width, size]
  return tf.reshape(tf.matMul(tf.reshape(weights, [rows, 1, width]), vectors), [rows, size]);
}

/** For a least of 16, the next of 16, 24, 32, 48, 64, 96, 128 … */
function roundedUp(width: number, least: number): number {
  let step = least;
  while (step < width) step *= 2;
  return step > least && width <= (step / 4) * 3 ? (step / 4) * 3 : step;
}
