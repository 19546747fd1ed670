import { expect } from "chai";
import * as tf from "likewise/tf";
import fc from "fast-check";
import { optimize } from "../../../../lib/engine/trace/passes/optimize.js";
import { left, passed } from "./passed.js";

/** No sum or product here is this number, so that rounding cannot decide a comparison. */
const THRESHOLD = 0.234567;

/** Ways to make the next tensor out of two of the same shape, of which passes know many. */
const steps: readonly ((a: tf.Tensor, b: tf.Tensor) => tf.Tensor)[] = [
  (a, b) => tf.add(a, b),
  (a, b) => tf.sub(a, b),
  (a, b) => tf.mul(a, b),
  (a, b) => tf.div(a, tf.add(tf.square(b), 1)),
  (a) => tf.neg(a),
  (a) => tf.mul(a, 0.5),
  (a) => tf.sub(1, a),
  (a) => tf.add(a, tf.zerosLike(a)),
  (a) => tf.mul(tf.onesLike(a), a),
  (a) => tf.sub(tf.zerosLike(a), a),
  (a) => tf.transpose(tf.transpose(a)),
  (a) => tf.reshape(tf.reshape(a, [2, -1]), a.shape),
  (a, b) => tf.mul(tf.sum(b, 1, true), a),
  (a) => tf.tile(tf.mean(a, 1, true), [1, 4]),
  (a, b) => tf.where(tf.greater(a, THRESHOLD), tf.zerosLike(b), b),
  (a, b) => tf.matMul(tf.tanh(a), tf.matMul(tf.tanh(b), tf.tanh(a), true)),
  (a, b) => tf.matMul(tf.transpose(tf.matMul(tf.tanh(b), tf.transpose(tf.tanh(a)))), tf.tanh(b)),
  (a) => tf.sub(1, tf.sub(1, tf.mul(a, tf.cast(tf.greater(a, THRESHOLD), "float32")))),
  (a) => tf.add(tf.logSoftmax(a), 0),
];

describe("Optimizing", () => {
  it("settles and changes nothing that comes out, whatever the passes find together", () => {
    const shaped = (made: tf.Tensor): tf.Tensor =>
      made.shape[0] === 3 ? tf.tanh(made) : tf.tanh(tf.slice(made, 0, 3));
    const choice = fc.record({ step: fc.nat(steps.length - 1), a: fc.nat(20), b: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(choice, { minLength: 3, maxLength: 14 }), (choices) => {
        passed(({ x, y }) => {
          const made = [x, y];
          for (const { step, a, b } of choices)
            made.push(shaped(steps[step]!(made[a % made.length]!, made[b % made.length]!)));
          const last = made.at(-1)!;
          const slope = tf.grad((z) => tf.sum(tf.mul(tf.sub(z, last), tf.sub(tf.tanh(z), y))))(last);
          return { last, slope };
        }, optimize);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it("leaves an update by Adam thirteen kernels", () => {
    const kernels = left(({ x, y, square: _square, s, t }) => {
      const first = tf.add(tf.mul(x, 0.9), tf.mul(y, 0.1));
      const second = tf.add(tf.mul(tf.abs(x), 0.999), tf.mul(tf.square(y), 0.001));
      const direction = tf.div(tf.mul(first, s), tf.add(tf.mul(tf.sqrt(second), tf.abs(t)), 1e-8));
      return { first, second, moved: tf.add(x, tf.neg(tf.mul(direction, t))) };
    }, optimize);
    expect(kernels.length).to.be.at.most(13 + 4);
  });
});
