import { expect } from "chai";
import * as tf from "likewise/tf";
import { backpropagate } from "../../lib/tensor/backpropagate.js";
import { differentiate } from "../../lib/tensor/differentiate.js";
import { completeGradients } from "../../lib/tensor/gradients.js";
import { expectClose } from "../support/close.js";

type Forward = (x: tf.Tensor2D, y: tf.Tensor2D) => tf.Scalar;

/** Hands on what it was given as the gradient of both factors. */
const sumOfBoth = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  tf.customGrad((left, right) => ({
    value: tf.add(left as tf.Tensor, right as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => [dy, dy],
  }))(a, b);

const FORWARDS: Readonly<Record<string, Forward>> = {
  "a product that is used twice": (x, y) => {
    const product = tf.matMul(x, y, false, true);
    return tf.sum(tf.mul(product, tf.exp(tf.neg(product))));
  },
  "a factor that is both sides": (x) => tf.sum(tf.mul(x, tf.square(x))),
  "gradients that are one tensor for two inputs": (x, y) => tf.sum(tf.square(sumOfBoth(tf.sin(x), tf.cos(y)))),
  "the same tensor for both inputs, and once more": (x) => {
    const inner = tf.sin(x);
    return tf.sum(tf.mul(sumOfBoth(inner, inner), sumOfBoth(tf.square(inner), inner)));
  },
  "results that the value does not depend on": (x, y) => {
    const [first] = tf.split(tf.mul(x, y), [1, 2], 1) as [tf.Tensor, tf.Tensor];
    tf.sum(tf.log(x));
    return tf.mean(first);
  },
  "broadcast sums": (x, y) => tf.logSumExp(tf.add(tf.sum(x, 1, true), tf.mean(y, 0, true))),
};

const X = [0.3, -0.7, 1.1, 0.2, 0.9, -0.4];
const Y = [1.2, 0.5, -0.3, 0.8, -1.1, 0.6];

describe("backpropagate", () => {
  before(() => completeGradients());

  for (const [what, forward] of Object.entries(FORWARDS)) {
    it(`finds the gradients that tfjs finds: ${what}`, () => {
      tf.tidy(() => {
        const parameters = [tf.tensor2d(X, [2, 3]), tf.tensor2d(Y, [2, 3])] as const;
        const compute = (): tf.Scalar => forward(...parameters);
        const { value, slopes } = backpropagate(compute, parameters);
        const expected = tf.engine().gradients(compute, [...parameters], undefined, true);
        expectClose(value.dataSync(), [...expected.value.dataSync()]);
        slopes.forEach((slope, at) => {
          const known = expected.grads[at] as tf.Tensor | undefined;
          expect(slope === undefined).to.equal(known === undefined);
          if (slope !== undefined && known !== undefined) expectClose(slope.dataSync(), [...known.dataSync()]);
        });
        expect(parameters.some(({ isDisposed }) => isDisposed)).to.equal(false);
      });
    });
  }

  it("holds a few gradients on a long way back, not one for each operation", () => {
    const x = tf.ones([100, 100]);
    let most = 0;
    /** Notes how much there is each time the way back passes. */
    const watched = (given: tf.Tensor): tf.Tensor =>
      tf.customGrad((inner) => ({
        value: tf.mul(inner as tf.Tensor, 0.5),
        gradFunc: (dy: tf.Tensor) => {
          most = Math.max(most, tf.memory().numDataBuffers - before);
          return tf.mul(dy, 0.5);
        },
      }))(given);
    const before = tf.memory().numDataBuffers;
    tf.tidy(() => {
      const forward = (): tf.Scalar => {
        let held: tf.Tensor = x;
        for (let i = 0; i < 40; i += 1) held = watched(tf.neg(held));
        return tf.sum(held);
      };
      const { slopes } = backpropagate(forward, [x]);
      expectClose(slopes[0]?.dataSync().slice(0, 2), [0.5 ** 40, 0.5 ** 40]);
    });
    expect(most).to.be.within(1, 6);
    x.dispose();
  });

  it("frees what an operation kept once its gradient is known", () => {
    const x = tf.ones([100, 100]);
    const counts: number[] = [];
    const before = tf.memory().numDataBuffers;
    tf.tidy(() => {
      const forward = (): tf.Scalar => {
        let held: tf.Tensor = x;
        for (let i = 0; i < 20; i += 1) {
          held = tf.customGrad((inner, save) => {
            const value = tf.sin(inner as tf.Tensor);
            (save as tf.GradSaveFunc)([tf.cos(inner as tf.Tensor)]);
            return {
              value,
              gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
                counts.push(tf.memory().numDataBuffers - before);
                return tf.mul(dy, saved[0] as tf.Tensor);
              },
            };
          })(held);
        }
        return tf.sum(held);
      };
      void backpropagate(forward, [x]);
    });
    expect(counts).to.have.length(20);
    expect((counts[0] ?? 0) - (counts[19] ?? 0)).to.be.within(18, 20);
    x.dispose();
  });

  it("can be differentiated itself", () => {
    tf.tidy(() => {
      const x = tf.tensor1d([1, 2]);
      const slope = (given: tf.Tensor): tf.Tensor =>
        differentiate({ given }, (p) => ({
          value: tf.sum(tf.pow(p["given"] as tf.Tensor, tf.scalar(3))) as tf.Scalar,
          rest: {},
        })).gradients["given"] as tf.Tensor;
      expectClose(
        tf
          .grad((given: tf.Tensor) => tf.sum(slope(given)))(x)
          .dataSync(),
        [6, 12],
      );
    });
  });

  it("says which operation has a gradient of the wrong shape, and leaves nothing", () => {
    const before = tf.memory().numTensors;
    const x = tf.ones([2, 3]);
    const wrong = tf.customGrad((inner, save) => {
      (save as tf.GradSaveFunc)([inner as tf.Tensor]);
      return { value: tf.neg(inner as tf.Tensor), gradFunc: () => tf.zeros([2]) };
    });
    const run = (): unknown => tf.tidy(() => void backpropagate(() => tf.sum(tf.exp(wrong(x))), [x]));
    expect(run).to.throw(/input 0: expected float32 \[2, 3\], got float32 \[2\]/);
    expect(tf.memory().numTensors - before).to.equal(1);
    x.dispose();
  });
});
