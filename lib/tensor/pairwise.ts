import { inTurn } from "./in-turn.js";
import * as tf from "./tf.js";
import { powerOrZero, squaredLengths } from "./rows.js";

/** `[n, d] × [m, d] -> [n, m]`, inner products of every row with every row. */
export function innerProducts(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul(left, right, false, true);
}

/**
 * `[n, d] × [m, d] -> [n, m]`, squared euclidean distances, by `|x|² + |y|² - 2xy` on rows moved to the mean of `right`, so that a
 * common offset costs no accuracy. What is left of rounding is cut off: rows that are equal within it are at distance exactly 0.
 * The gradient is `2 (x - y)` everywhere.
 */
export function squaredDistances(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D {
  const noise = 1e-7 * (4 + Math.sqrt(left.shape[1]));
  return tf.customGrad((givenLeft, givenRight, save) => {
    const center = tf.mean(givenRight as tf.Tensor2D, 0, true);
    const x = tf.sub<tf.Tensor2D>(givenLeft as tf.Tensor2D, center);
    const y = tf.sub<tf.Tensor2D>(givenRight as tf.Tensor2D, center);
    const value = tf.tidy(() => {
      const scale = tf.add(squaredLengths(x), tf.transpose(squaredLengths(y))); // [n, m]
      const squared = tf.tidy(() => tf.sub(scale, tf.mul(innerProducts(x, y), 2)));
      const rounding = inTurn(scale, (held) => tf.mul(held, noise));
      const above = inTurn(
        rounding,
        (held) => tf.sub(squared, held),
        (held) => tf.step(held),
      );
      return tf.mul(squared, above);
    });
    (save as tf.GradSaveFunc)([x, y]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.tidy(() => {
          const [a, b] = saved as [tf.Tensor2D, tf.Tensor2D];
          const weights = tf.mul(dy, 2) as tf.Tensor2D;
          const onLeft = tf.sub(tf.mul(a, tf.sum(weights, 1, true)), tf.matMul(weights, b));
          const onRight = tf.sub(tf.mul(b, tf.transpose(tf.sum(weights, 0, true))), tf.matMul(weights, a, true));
          return [onLeft, onRight];
        }),
    };
  })(left, right) as tf.Tensor2D;
}

/** Numbers in the largest intermediate of `powersOfDifferences`: 16 MiB. */
const BLOCK = 1 << 22;

/** `[n, d] × [m, d] -> [n, m]`, sums of absolute differences; see `powersOfDifferences`. */
export function absoluteDifferences(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D {
  return powersOfDifferences(left, right, 1);
}

/**
 * `[n, d] × [m, d] -> [n, m]`, sums of `|x - y|^p`, computed in blocks of rows so that no more than `BLOCK` numbers are held at once,
 * also for the gradient. The gradient of `|0|` is 0.
 */
export function powersOfDifferences(left: tf.Tensor2D, right: tf.Tensor2D, p: number): tf.Tensor2D {
  const [n, d] = left.shape;
  const step = Math.max(1, Math.floor(BLOCK / (right.shape[0] * d)));
  const blocks = Array.from({ length: Math.ceil(n / step) }, (_, block) => ({
    start: block * step,
    count: Math.min(step, n - block * step),
  }));
  /** `[count, m, d]` */
  const differences = (x: tf.Tensor2D, y: tf.Tensor2D, start: number, count: number): tf.Tensor3D =>
    tf.sub(tf.expandDims(tf.slice(x, [start, 0], [count, d]), 1), tf.expandDims(y, 0));
  return tf.customGrad((givenLeft, givenRight, save) => {
    const x = givenLeft as tf.Tensor2D;
    const y = givenRight as tf.Tensor2D;
    const rows = blocks.map(({ start, count }) =>
      tf.tidy(() => tf.sum<tf.Tensor2D>(powerOrZero(tf.abs(differences(x, y, start, count)), p), 2)),
    );
    (save as tf.GradSaveFunc)([x, y]);
    return {
      value: tf.concat(rows, 0),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [a, b] = saved as [tf.Tensor2D, tf.Tensor2D];
        const onLeft: tf.Tensor2D[] = [];
        let onRight: tf.Tensor2D = tf.zerosLike(b);
        for (const { start, count } of blocks) {
          const [leftPart, rightPart] = tf.tidy(() => {
            const weights = tf.expandDims(tf.slice(dy as tf.Tensor2D, [start, 0], [count, b.shape[0]]), 2);
            const apart = differences(a, b, start, count);
            const slope =
              p === 1 ? tf.sign(apart) : tf.mul(tf.sign(apart), tf.mul(powerOrZero(tf.abs(apart), p - 1), p));
            const signed = tf.mul(slope, weights); // [count, m, d]
            return [tf.sum<tf.Tensor2D>(signed, 1), tf.sub<tf.Tensor2D>(onRight, tf.sum(signed, 0))] as const;
          });
          onLeft.push(leftPart);
          onRight.dispose();
          onRight = rightPart;
        }
        return [tf.concat(onLeft, 0), onRight];
      },
    };
  })(left, right) as tf.Tensor2D;
}
