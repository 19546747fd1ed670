import { expect } from "chai";
import * as tf from "likewise/tf";
import type { Program } from "../../lib/contracts/engine.js";
import { recordProgram } from "../../lib/engine/trace/trace-program.js";
import { hostTensor } from "../../lib/tensor/host.js";
import { expectClose } from "../support/close.js";
import { noise } from "./backends.js";

describe("gradients", () => {
  it("pass through comparisons and logic as constants", () => {
    tf.tidy(() => {
      const x = tf.tensor1d([-2, -1, 1, 3]);
      for (const condition of [
        tf.greater,
        tf.greaterEqual,
        (a: tf.Tensor, b: tf.Tensor) => tf.logicalNot(tf.lessEqual(a, b)),
      ]) {
        const slope = tf.grad((y: tf.Tensor) =>
          tf.sum(tf.where(condition(y, tf.zeros([4])), tf.mul(y, 3), tf.mul(y, 5))),
        )(x);
        expect(Array.from(slope.dataSync())).to.deep.equal([5, 5, 3, 3]);
      }
      const both = tf.grad((y: tf.Tensor) => {
        const inside = tf.logicalAnd(tf.less(y, 2), tf.notEqual(y, -1));
        return tf.sum(tf.mul(tf.cast(tf.logicalOr(inside, tf.equal(y, 3)), "float32"), y));
      })(x);
      expect(Array.from(both.dataSync())).to.deep.equal([1, 0, 1, 1]);
      const any = tf.grad((y: tf.Tensor) => tf.mul(tf.sum(y), tf.cast(tf.any(tf.greater(y, 0)), "float32")))(x);
      expect(Array.from(any.dataSync())).to.deep.equal([1, 1, 1, 1]);
    });
  });

  it("of repetition sum over what was repeated, with as many operations for many repetitions as for few", () => {
    for (const [shape, reps] of [
      [[3], [4]],
      [
        [2, 3],
        [1, 5],
      ],
      [
        [2, 3, 4],
        [3, 2, 1],
      ],
      [
        [2, 1, 3, 2],
        [2, 3, 1, 4],
      ],
      [
        [1, 2, 2, 1, 3],
        [2, 1, 3, 2, 1],
      ],
    ] as [number[], number[]][]) {
      tf.tidy(() => {
        const weights = noise(
          shape.map((length, axis) => length * (reps[axis] as number)),
          3,
        );
        const slope = tf.grad((x: tf.Tensor) => tf.sum(tf.mul(tf.tile(x, reps), weights)))(noise(shape, 4));
        const wanted = new Float32Array(slope.size);
        const strides = tf.util.computeStrides(shape);
        weights.dataSync().forEach((weight, at) => {
          const place = tf.util.indexToLoc(at, weights.rank, tf.util.computeStrides(weights.shape));
          const source = place.map((index, axis) => index % (shape[axis] as number));
          const index = tf.util.locToIndex(source, shape.length, strides);
          wanted[index] = (wanted[index] as number) + weight;
        });
        expectClose(slope.dataSync(), wanted, { relative: 1e-5, absolute: 1e-5 });
      });
    }
    const operations = (times: number): number => {
      const program: Program = (_carried, { x }) => ({
        reported: {
          slope: tf.grad((given: tf.Tensor) => tf.sum(tf.square(tf.tile(given, [times, 2]))))(x as tf.Tensor),
        },
      });
      return recordProgram(program, {}, { x: hostTensor(new Float32Array(6), [2, 3]) }).nodes.length;
    };
    expect(operations(50)).to.equal(operations(2));
  });

  it("of maximum, minimum and squared difference broadcast, and equal finite differences", () => {
    for (const operation of [tf.maximum, tf.minimum, tf.squaredDifference] as ((
      a: tf.Tensor,
      b: tf.Tensor,
    ) => tf.Tensor)[]) {
      for (const [shapeA, shapeB] of [
        [[4, 3], [3]],
        [
          [4, 1],
          [4, 3],
        ],
        [
          [2, 4, 1],
          [1, 4, 3],
        ],
        [[], [4, 3]],
        [[5], [5]],
      ] as [number[], number[]][]) {
        const loss = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
          const value = operation(a, b);
          return tf.sum(tf.mul(value, noise(value.shape, 3)));
        };
        tf.tidy(() => {
          // Never closer than 0.05, so that no difference crosses a kink.
          const tenths = (x: tf.Tensor): tf.Tensor => tf.div(tf.round(tf.mul(x, 10)), 10);
          const [a, b] = [tenths(noise(shapeA)), tf.add(tenths(noise(shapeB, 2)), 0.05)];
          const [byA, byB] = tf.grads(loss as (...args: tf.Tensor[]) => tf.Tensor)([a, b]) as [tf.Tensor, tf.Tensor];
          expect(byA.shape).to.deep.equal(shapeA);
          expect(byB.shape).to.deep.equal(shapeB);
          expectClose(
            byA.dataSync(),
            differences((x) => loss(x, b), a),
            { absolute: 3e-3 },
          );
          expectClose(
            byB.dataSync(),
            differences((x) => loss(a, x), b),
            { absolute: 3e-3 },
          );
        });
      }
    }
  });

  it("of a cumulative sum hold for every axis, also of square matrices", () => {
    for (const axis of [0, 1, 2]) {
      tf.tidy(() => {
        const x = noise([3, 3, 3]);
        const loss = (y: tf.Tensor): tf.Tensor => tf.sum(tf.mul(tf.cumsum(y, axis, axis === 1), noise([3, 3, 3], 2)));
        expectClose(tf.grad(loss)(x).dataSync(), differences(loss, x), { absolute: 3e-3 });
      });
    }
  });

  it("of a gather whose indices depend on the same tensor exist", () => {
    tf.tidy(() => {
      const slope = tf.grad((y: tf.Tensor) => tf.sum(tf.gather(y, tf.argMax(y))))(tf.tensor1d([1, 5, 2]));
      expect(Array.from(slope.dataSync())).to.deep.equal([0, 1, 0]);
    });
  });
});

function differences(loss: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor, step = 1e-2): number[] {
  const values = Array.from(x.dataSync());
  const at = (i: number, change: number): number =>
    loss(
      tf.tensor(
        values.map((value, j) => (i === j ? value + change : value)),
        x.shape,
      ),
    ).dataSync()[0] as number;
  return values.map((_value, i) => (at(i, step) - at(i, -step)) / (2 * step));
}
