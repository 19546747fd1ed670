import { inTurn } from "./in-turn.js";
import * as tf from "./tf.js";

/** A row shorter than the root of this has no direction. */
const SHORTEST_SQUARED = 1e-30;

/** What is known to have rows of length 1, or 0. */
const known = new WeakSet<tf.Tensor>();

/** Says that the rows of a tensor have length 1 already, or 0, so that `unitRows` gives it back as it is. */
export function declareUnitRows(rows: tf.Tensor2D): void {
  known.add(rows);
}

/** Whether that was said, or is so because `unitRows` gave it. */
export function areUnitRows(rows: tf.Tensor2D): boolean {
  return known.has(rows);
}

/**
 * `[n, d]`, every row divided by its length. A zero row stays zero and gets no gradient, instead of the infinite one that division
 * by its length would give.
 */
export function unitRows(rows: tf.Tensor2D): tf.Tensor2D {
  if (known.has(rows)) return rows;
  const divided = tf.customGrad((given, save) => {
    const { unit, inverse } = directions(given as tf.Tensor2D);
    (save as tf.GradSaveFunc)([unit, inverse]);
    return {
      value: unit,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [u, scale] = saved as [tf.Tensor2D, tf.Tensor2D];
        const along = tf.sum(tf.mul(dy, u), 1, true); // [n, 1]
        return [tf.mul(tf.sub(dy, tf.mul(u, along)), scale)];
      },
    };
  })(rows) as tf.Tensor2D;
  known.add(divided);
  return divided;
}

/** Every row divided by its length, and `[n, 1]`, 1 divided by these lengths; 0 for a row without direction. Has no gradient of its own. */
export function directions(rows: tf.Tensor2D): { readonly unit: tf.Tensor2D; readonly inverse: tf.Tensor2D } {
  const squared = squaredLengths(rows);
  const directed = tf.greater(squared, SHORTEST_SQUARED);
  const inverse = tf.where<tf.Tensor2D>(
    directed,
    tf.rsqrt(tf.where(directed, squared, tf.onesLike(squared))),
    tf.zerosLike(squared),
  );
  return { unit: tf.mul(rows, inverse), inverse };
}

/** `[n, d] -> [n, 1]`, the squared length of every row. */
export function squaredLengths(rows: tf.Tensor2D): tf.Tensor2D {
  return tf.sum(tf.square(rows), 1, true);
}

/** Square root that is zero, with gradient zero, at zero and below. */
export function rootOrZero<T extends tf.Tensor>(squared: T): T {
  return tf.customGrad((given, save) => {
    const root = tf.tidy(() => tf.sqrt(tf.relu(given as tf.Tensor)));
    (save as tf.GradSaveFunc)([root]);
    return {
      value: root,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.tidy(() => {
          const [value] = saved as [tf.Tensor];
          const positive = tf.step(value);
          const above = tf.mul(dy, positive);
          // Where the root is zero the divisor becomes 2 and the product zero.
          const below = inTurn(
            positive,
            (held) => tf.sub(1, held),
            (held) => tf.add(value, held),
            (held) => tf.mul(held, 2),
          );
          return [tf.div(above, below)];
        }),
    };
  })(squared) as T;
}

/** `x^exponent` of numbers that are not negative; zero, with gradient zero, at zero and below, whatever the exponent. */
export function powerOrZero<T extends tf.Tensor>(values: T, exponent: number): T {
  if (exponent === 1) return tf.relu(values);
  if (exponent === 0.5) return rootOrZero(values);
  return tf.customGrad((given, save) => {
    const x = given as tf.Tensor;
    const positive = tf.step(x);
    const base = tf.add(tf.mul(x, positive), tf.sub(1, positive)); // 1 where there is nothing
    const power = tf.mul(tf.pow(base, exponent), positive);
    (save as tf.GradSaveFunc)([power, base]);
    return {
      value: power,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [value, by] = saved as [tf.Tensor, tf.Tensor];
        return [tf.mul(dy, tf.mul(tf.div(value, by), exponent))];
      },
    };
  })(values) as T;
}
