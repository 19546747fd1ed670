import * as tf from "likewise/tf";
import type { Program } from "../../lib/contracts/engine.js";
import { differentiate } from "../../lib/tensor/differentiate.js";
import { hostScalar, hostTensor, type HostTensors } from "../../lib/tensor/host.js";

/** One step of gradient descent on (w·x - y)², reporting the loss before it. */
export const descend: Program = (carried, inputs) => {
  const { value, gradients } = differentiate({ w: carried["w"] as tf.Tensor }, ({ w }) => ({
    value: tf.mean(
      tf.squaredDifference(tf.matMul(inputs["x"] as tf.Tensor2D, w as tf.Tensor2D), inputs["y"] as tf.Tensor),
    ) as tf.Scalar,
    rest: {},
  }));
  const step = tf.mul(gradients["w"] as tf.Tensor, inputs["rate"] as tf.Tensor);
  return { carried: { w: tf.sub(carried["w"] as tf.Tensor, step) }, reported: { loss: value } };
};

/** Inputs of `descend`: the solution is w = (3, -2), and the first loss is 6.5. */
export const line = {
  x: hostTensor(Float32Array.of(1, 0, 0, 1), [2, 2]),
  y: hostTensor(Float32Array.of(3, -2), [2, 1]),
  rate: hostScalar(0.5),
};

/** What `descend` starts from; `steps` is never changed. */
export const origin = (): HostTensors => ({
  w: hostTensor(new Float32Array(2), [2, 1]),
  steps: hostTensor(Int32Array.of(7), []),
});

/** The first number of each tensor. */
export function numbersOf(tensors: HostTensors): Record<string, number> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data[0] as number]));
}

export async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error("expected a rejection");
    },
    (reason: unknown) => reason as Error,
  );
}
