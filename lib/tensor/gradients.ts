import * as tf from "./tf.js";

let completed = false;

/**
 * Completes the gradients that tfjs registers, for every backend; call it any number of times:
 * - comparisons and logic pass no gradient, instead of refusing `where(greater(x, 0), x, y)`;
 * - `maximum`, `minimum` and `squaredDifference` broadcast;
 * - `cumsum` along any axis (along any but the last it was transposed: an error, or wrong numbers for square matrices);
 * - the indices of `gather` may depend on a parameter;
 * - `tile` sums once for each axis (it took a slice for each repetition, thousands in layers that normalize sequences), at every rank.
 */
export function completeGradients(): void {
  if (completed) return;
  completed = true;
  for (const name of [
    tf.Greater,
    tf.GreaterEqual,
    tf.Less,
    tf.LessEqual,
    tf.Equal,
    tf.NotEqual,
    tf.LogicalAnd,
    tf.LogicalOr,
  ]) {
    register(name, ["a", "b"], (_dy, a, b) => ({ a: () => tf.zeros(a.shape), b: () => tf.zeros(b.shape) }));
  }
  for (const name of [tf.LogicalNot, tf.All, tf.Any])
    register(name, ["x"], (_dy, x) => ({ x: () => tf.zeros(x.shape) }));
  register(tf.Maximum, ["a", "b"], (dy, a, b) => ({
    a: () => sumTo(where(tf.greaterEqual(a, b), dy), a.shape),
    b: () => sumTo(where(tf.less(a, b), dy), b.shape),
  }));
  register(tf.Minimum, ["a", "b"], (dy, a, b) => ({
    a: () => sumTo(where(tf.lessEqual(a, b), dy), a.shape),
    b: () => sumTo(where(tf.greater(a, b), dy), b.shape),
  }));
  register(tf.SquaredDifference, ["a", "b"], (dy, a, b) => {
    const slope = (): tf.Tensor => tf.mul(dy, tf.mul(2, tf.sub(a, b)));
    return { a: () => sumTo(slope(), a.shape), b: () => sumTo(tf.neg(slope()), b.shape) };
  });
  tf.registerGradient({
    kernelName: tf.Cumsum,
    gradFunc: (dy, _saved, attrs) => {
      const { axis, exclusive, reverse } = attrs as unknown as tf.CumsumAttrs;
      return { x: () => tf.cumsum(dy as tf.Tensor, axis, exclusive, !reverse) };
    },
  });
  tf.registerGradient({
    kernelName: tf.Tile,
    inputsToSave: ["x"],
    gradFunc: (dy, [x], attrs) => ({
      x: () => sumRepeated(dy as tf.Tensor, x as tf.Tensor, (attrs as unknown as tf.TileAttrs).reps),
    }),
  });
  const gather = tf.getGradient(tf.GatherV2);
  tf.registerGradient({
    ...gather,
    gradFunc: (dy, saved, attrs) => ({
      ...gather.gradFunc(dy, saved, attrs),
      indices: () => tf.zeros((saved[1] as tf.Tensor).shape),
    }),
  });
}

function register(
  kernelName: string,
  inputsToSave: string[],
  gradient: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => Record<string, () => tf.Tensor>,
): void {
  tf.registerGradient({
    kernelName,
    inputsToSave,
    gradFunc: (dy, saved) => gradient(dy as tf.Tensor, ...(saved as [tf.Tensor, tf.Tensor])),
  });
}

/** `dy` where the condition holds. A product, as tfjs does it, so that a NaN in `dy` is not hidden. */
function where(condition: tf.Tensor, dy: tf.Tensor): tf.Tensor {
  return tf.mul(dy, tf.cast(condition, "float32"));
}

/** Sums over the axes along which a tensor of this shape was broadcast. */
function sumTo(gradient: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, gradient.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(gradient, axes) : gradient, shape);
}

/** Sums what `tf.tile` has repeated, axis by axis. */
function sumRepeated(gradient: tf.Tensor, { shape }: tf.Tensor, reps: readonly number[]): tf.Tensor {
  let sum = gradient;
  shape.forEach((length, axis) => {
    const times = reps[axis] ?? 1;
    if (times === 1) return;
    const outer = tf.util.sizeFromShape(shape.slice(0, axis));
    const inner = tf.util.sizeFromShape(gradient.shape.slice(axis + 1));
    sum = tf.sum(tf.reshape(sum, [outer, times, length, inner]), 1);
  });
  return tf.reshape(sum, shape);
}
