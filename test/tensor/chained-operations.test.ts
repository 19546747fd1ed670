import { expect } from "chai";
import * as tf from "likewise/tf";
import { expectClose } from "../support/close.js";

describe("layers of tfjs that call methods of tensors", () => {
  it("work without tfjs's union package: orthogonal initializers, and LSTMs that use them", () => {
    tf.tidy(() => {
      for (const shape of [
        [5, 5],
        [3, 7],
        [7, 3],
      ] as const) {
        const kernel = tf.layers.initializers.orthogonal({ seed: 1 }).apply([...shape]) as tf.Tensor2D;
        const [rows, columns] = shape;
        const product = rows < columns ? tf.matMul(kernel, kernel, false, true) : tf.matMul(kernel, kernel, true);
        expectClose(product.dataSync(), tf.eye(Math.min(rows, columns)).dataSync(), { absolute: 1e-5 });
      }
      const lstm = tf.layers.layers.lstm({ units: 3, inputShape: [4, 2] });
      expect((lstm.apply(tf.ones([2, 4, 2])) as tf.Tensor).shape).to.deep.equal([2, 3]);
      lstm.dispose();
    });
  });
});
