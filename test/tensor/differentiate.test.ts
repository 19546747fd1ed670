import { expect } from "chai";
import * as tf from "likewise/tf";
import { differentiate } from "../../lib/tensor/differentiate.js";
import { expectClose } from "../support/close.js";

/** Runs `body` and says how many tensors it left. */
function left(body: () => void): number {
  const before = tf.memory().numTensors;
  body();
  return tf.memory().numTensors - before;
}

describe("differentiate", () => {
  it("gives the value, the gradients by name and the side results", () => {
    tf.tidy(() => {
      const parameters = { "head/w": tf.tensor2d([1, 2, 3, 4], [2, 2]), "head/b": tf.tensor1d([1, -1]) };
      const { value, gradients, rest } = differentiate(parameters, (p) => {
        const hidden = tf.add(tf.matMul(tf.ones([1, 2]), p["head/w"] as tf.Tensor2D), p["head/b"] as tf.Tensor);
        return { value: tf.sum(tf.square(hidden)) as tf.Scalar, rest: { hidden, double: tf.mul(hidden, 2) } };
      });
      expectClose(value.dataSync(), [25 + 25]);
      expectClose(gradients["head/w"]?.dataSync(), [10, 10, 10, 10]);
      expectClose(gradients["head/b"]?.dataSync(), [10, 10]);
      expectClose(rest.hidden.dataSync(), [5, 5]);
      expectClose(rest.double.dataSync(), [10, 10]);
    });
  });

  it("gives zeros for a parameter that is not used and one that is used without a gradient", () => {
    tf.tidy(() => {
      const { gradients } = differentiate(
        { used: tf.scalar(3), spare: tf.ones([2, 3]), ranked: tf.tensor1d([1, 5, 2]) },
        (p) => ({
          value: tf.add(
            tf.square(p["used"] as tf.Scalar),
            tf.cast(tf.argMax(p["ranked"] as tf.Tensor), "float32"),
          ) as tf.Scalar,
          rest: {},
        }),
      );
      expectClose(gradients["used"]?.dataSync(), [6]);
      expect(gradients["spare"]?.shape).to.deep.equal([2, 3]);
      expectClose(gradients["spare"]?.dataSync(), [0, 0, 0, 0, 0, 0]);
      expectClose(gradients["ranked"]?.dataSync(), [0, 0, 0]);
    });
  });

  it("gives zeros when the value depends on no parameter, and nothing when there is none", () => {
    tf.tidy(() => {
      const constant = differentiate({ a: tf.scalar(1) }, () => ({ value: tf.scalar(7), rest: { x: tf.scalar(8) } }));
      expectClose(constant.gradients["a"]?.dataSync(), [0]);
      expectClose(constant.rest.x.dataSync(), [8]);
      const none = differentiate({}, () => ({ value: tf.scalar(7), rest: { x: tf.scalar(8) } }));
      expect(none.gradients).to.deep.equal({});
      expectClose([none.value.dataSync()[0], none.rest.x.dataSync()[0]], [7, 8]);
    });
  });

  it("lets a NaN through to exactly the parameters it reaches", () => {
    tf.tidy(() => {
      const { value, gradients } = differentiate({ bad: tf.tensor1d([-1, 4]), good: tf.scalar(2) }, (p) => ({
        value: tf.add(tf.sum(tf.sqrt(p["bad"] as tf.Tensor)), tf.square(p["good"] as tf.Scalar)) as tf.Scalar,
        rest: {},
      }));
      expect(value.dataSync()[0]).to.be.NaN;
      expectClose(gradients["bad"]?.dataSync(), [NaN, 0.25]);
      expectClose(gradients["good"]?.dataSync(), [4]);
    });
  });

  it("makes exactly the tensors it returns, inside a tidy or not, with tidies inside", () => {
    const a = tf.tensor1d([1, 2, 3]);
    const count = left(() => {
      const result = differentiate({ a }, (p) => {
        const inner = tf.tidy(() => tf.square(tf.mul(p["a"] as tf.Tensor, 2)));
        return {
          value: tf.tidy(() => tf.sum(inner)) as tf.Scalar,
          rest: { inner, again: inner, parameter: p["a"] as tf.Tensor },
        };
      });
      expect(tf.memory().numTensors).to.be.greaterThan(0);
      expectClose(result.rest.again.dataSync(), [4, 16, 36]);
      expectClose(result.rest.parameter.dataSync(), [1, 2, 3]);
      tf.dispose([result.value, result.gradients, result.rest] as unknown as tf.TensorContainer);
    });
    expect(count).to.equal(0);
    expect(a.isDisposed).to.equal(false);
    const within = left(() =>
      tf.tidy(() => void differentiate({ a }, (p) => ({ value: tf.sum(p["a"] as tf.Tensor) as tf.Scalar, rest: {} }))),
    );
    expect(within).to.equal(0);
    a.dispose();
  });

  it("does not hand over a parameter as the value", () => {
    const a = tf.scalar(5);
    const { value, gradients, rest } = differentiate({ a }, (p) => ({
      value: p["a"] as tf.Scalar,
      rest: { same: p["a"] as tf.Tensor },
    }));
    expectClose(gradients["a"]?.dataSync(), [1]);
    tf.dispose([value, gradients, rest] as unknown as tf.TensorContainer);
    expect(a.isDisposed).to.equal(false);
    a.dispose();
  });

  it("leaves nothing behind when the computation throws, and works again afterwards", () => {
    const a = tf.tensor1d([1, 2, 3]);
    const broken = (): unknown =>
      differentiate({ a }, (p) => {
        const square = tf.square(tf.exp(p["a"] as tf.Tensor));
        if (square.rank === 1) throw new Error("on purpose");
        return { value: tf.sum(square) as tf.Scalar, rest: { square } };
      });
    expect(left(() => expect(broken).to.throw("on purpose"))).to.equal(0);
    expect(left(() => expect(() => tf.tidy(() => void broken())).to.throw("on purpose"))).to.equal(0);
    tf.tidy(() => {
      const { gradients } = differentiate({ a }, (p) => ({
        value: tf.sum(tf.square(p["a"] as tf.Tensor)) as tf.Scalar,
        rest: {},
      }));
      expectClose(gradients["a"]?.dataSync(), [2, 4, 6]);
    });
    a.dispose();
  });

  it("leaves nothing behind when the way back throws", () => {
    const a = tf.tensor1d([1, 2, 3]);
    const broken = (): unknown =>
      differentiate({ a }, (p) => {
        const { values } = tf.topk(tf.exp(p["a"] as tf.Tensor), 2);
        return { value: tf.sum(values) as tf.Scalar, rest: { values } };
      });
    expect(left(() => expect(broken).to.throw(/gradient/))).to.equal(0);
    a.dispose();
  });

  it("can be nested: the gradient of a gradient's size", () => {
    tf.tidy(() => {
      // f = sum(x^3), |f'|^2 = 9 sum(x^4), its gradient 36 x^3
      const { gradients } = differentiate({ x: tf.tensor1d([1, 2]) }, (outer) => {
        const inner = differentiate(outer, (p) => ({
          value: tf.sum(tf.pow(p["x"] as tf.Tensor, 3)) as tf.Scalar,
          rest: {},
        }));
        return { value: tf.sum(tf.square(inner.gradients["x"] as tf.Tensor)) as tf.Scalar, rest: {} };
      });
      expectClose(gradients["x"]?.dataSync(), [36, 288], { relative: 1e-4 });
    });
  });
});
