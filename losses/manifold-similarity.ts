import { inTurn } from "../lib/tensor/in-turn.js";
import { samePosition } from "../lib/tensor/masks.js";
import { innerProducts } from "../lib/tensor/pairwise.js";
import { unitRows } from "../lib/tensor/rows.js";
import * as tf from "../lib/tensor/tf.js";

/** Cosines are divided by it before they become weights. */
const SPREAD = 0.5;
/** What is left of the error of a solution. */
const ERROR = 1e-7;

/**
 * `[m, d] -> [m, targets]`, how near each row is to the last rows along the manifold of all of them: how often a random walk from
 * there, which goes on with probability `alpha` to a neighbour by `exp(max(0, cos) / 0.5)`, is found at the row:
 * `(1 - alpha) (1 - alpha S)⁻¹`, with S those weights divided by the roots of both rows' sums. Found by as many steps as `alpha` asks
 * for, of `m² targets` multiplications each, and its gradient alike.
 */
export function manifoldSimilarity(points: tf.Tensor2D, targets: number, alpha: number): tf.Tensor2D {
  const count = points.shape[0];
  const unit = unitRows(points);
  const others = tf.sub(1, samePosition(count));
  const weights = tf.mul(tf.exp(tf.div(tf.relu(innerProducts(unit, unit)), SPREAD)), others);
  const inverse = tf.rsqrt(tf.sum(weights, 1, true)); // [m, 1]
  const steps = tf.mul(tf.mul(weights, inverse), tf.transpose(inverse)) as tf.Tensor2D;
  return tf.mul(walked(steps, targets, alpha), 1 - alpha);
}

/** `[m, targets]`, the last columns of `(1 - alpha S)⁻¹` for a symmetric S whose eigenvalues lie between -1 and 1. */
function walked(steps: tf.Tensor2D, targets: number, alpha: number): tf.Tensor2D {
  return tf.customGrad((given, save) => {
    const s = given as tf.Tensor2D;
    const count = s.shape[0];
    const ends = tf.tidy(() => tf.slice(samePosition(count), [0, count - targets], [-1, targets]));
    const value = solved(s, ends, alpha);
    ends.dispose();
    (save as tf.GradSaveFunc)([s, value]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.tidy(() => {
          const [kept, found] = saved as [tf.Tensor2D, tf.Tensor2D];
          const back = tf.mul<tf.Tensor2D>(solved(kept, dy as tf.Tensor2D, alpha), alpha);
          return [innerProducts(back, found)];
        }),
    };
  })(steps) as tf.Tensor2D;
}

/** `(1 - alpha S)⁻¹ ends` by Chebyshev's iteration. Not differentiable here. */
function solved(steps: tf.Tensor2D, ends: tf.Tensor2D, alpha: number): tf.Tensor2D {
  return tf.tidy(() => {
    const condition = Math.sqrt((1 + alpha) / (1 - alpha));
    const rounds = Math.ceil(Math.log(ERROR / 2) / Math.log((condition - 1) / (condition + 1)));
    let solution = tf.zerosLike(ends);
    let residual = tf.clone(ends);
    let change = tf.clone(ends);
    let factor = alpha;
    for (let round = 0; round < rounds; round += 1) {
      const [by, next] = [change, 1 / (2 / alpha - factor)];
      solution = inTurn(solution, (held) => tf.add(held, by));
      residual = inTurn(residual, (held) =>
        tf.tidy(() => tf.sub(held, tf.sub(by, tf.mul(tf.matMul(steps, by), alpha)))),
      );
      const [left, scale] = [residual, next * factor];
      change = inTurn(change, (held) => tf.tidy(() => tf.add(tf.mul(held, scale), tf.mul(left, (2 * next) / alpha))));
      factor = next;
    }
    return solution;
  });
}
