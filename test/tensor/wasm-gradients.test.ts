import { expect } from "chai";
import * as tf from "likewise/tf";
import { expectClose } from "../support/close.js";
import { expectWasmLikeCpu, noise, on } from "./backends.js";

describe("gradients that wasm lacks", () => {
  it("sum segments, leaving out ids that belong to none", async () => {
    const { shapes, values } = await on("wasm", () => [
      tf.unsortedSegmentSum(tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]), tf.tensor1d([2, 0, 2, 5], "int32"), 4),
      tf.unsortedSegmentSum(tf.tensor1d([1, 2, 3], "int32"), tf.tensor1d([0, -1, 0], "int32"), 2),
      tf.unsortedSegmentSum(tf.zeros([0, 3]), tf.tensor1d([], "int32"), 2),
    ]);
    expect(shapes).to.deep.equal([[4, 2], [2], [2, 3]]);
    expect(values).to.deep.equal([
      [3, 4, 0, 0, 6, 8, 0, 0],
      [4, 0],
      [0, 0, 0, 0, 0, 0],
    ]);
  });

  it("differentiate a gather along any axis, with repeated and missing rows", async () => {
    for (const axis of [0, 1, 2]) {
      await expectWasmLikeCpu(
        () =>
          tf.grad((x: tf.Tensor) =>
            tf.sum(tf.square(tf.gather(x, tf.tensor2d([2, 0, 2, 2, 1, 0], [3, 2], "int32"), axis))),
          )(noise([4, 5, 3])),
        `axis ${axis}`,
      );
    }
  });

  it("differentiate a convolution by its filter and its input", async () => {
    for (const [inputShape, filterShape, strides, pad] of [
      [[2, 7, 5, 3], [3, 2, 3, 4], 1, "same"],
      [[2, 7, 5, 3], [3, 2, 3, 4], 1, "valid"],
      [[1, 9, 8, 2], [3, 3, 2, 5], 2, "same"],
      [[1, 9, 8, 2], [3, 3, 2, 5], [2, 3], "valid"],
      [[3, 6, 6, 1], [5, 5, 1, 2], 2, "same"],
      [[2, 6, 6, 2], [3, 3, 2, 2], 1, 2],
      [[1, 4, 4, 3], [1, 1, 3, 2], 1, "valid"],
    ] as Case[]) {
      await expectWasmLikeCpu(
        () =>
          tf.grads((x, filter) => tf.sum(tf.square(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad))))([
            noise(inputShape),
            noise(filterShape, 2),
          ]),
        `${JSON.stringify(inputShape)} ${JSON.stringify(filterShape)} ${strides} ${pad}`,
      );
    }
  });

  it("differentiate a depthwise convolution by its filter and its input", async () => {
    for (const [inputShape, filterShape, strides, pad] of [
      [[2, 7, 5, 3], [3, 2, 3, 2], 1, "same"],
      [[2, 7, 5, 3], [3, 2, 3, 1], 1, "valid"],
      [[1, 9, 8, 2], [3, 3, 2, 3], 2, "same"],
      [[1, 9, 8, 2], [3, 3, 2, 1], 2, "valid"],
    ] as Case[]) {
      await expectWasmLikeCpu(
        () =>
          tf.grads((x, filter) =>
            tf.sum(tf.square(tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad))),
          )([noise(inputShape), noise(filterShape, 2)]),
        `${JSON.stringify(inputShape)} ${JSON.stringify(filterShape)} ${strides} ${pad}`,
      );
    }
  });

  it("respect dilation in depthwise kernels: the adjoint of the forward kernel", async () => {
    // <conv(x, f), dy> is linear in f and in x, so the gradients g satisfy <g, f> = <conv(x, f), dy> = <g', x>.
    for (const pad of ["same", "valid"] as const) {
      const dilations: [number, number] = [2, 2];
      const { values } = await on("wasm", () => {
        const x = noise([2, 9, 8, 2]) as tf.Tensor4D;
        const filter = noise([3, 2, 2, 3], 2) as tf.Tensor4D;
        const y = tf.depthwiseConv2d(x, filter, 1, pad, "NHWC", dilations);
        const dy = noise(y.shape, 3) as tf.Tensor4D;
        const attrs = { strides: [1, 1], dilations, pad };
        const byFilter: tf.Tensor = run(
          tf.DepthwiseConv2dNativeBackpropFilter,
          { x, dy },
          { ...attrs, filterShape: filter.shape },
        );
        const byInput: tf.Tensor = run(
          tf.DepthwiseConv2dNativeBackpropInput,
          { dy, filter },
          { ...attrs, inputShape: x.shape },
        );
        return [dot(y, dy), dot(byFilter, filter), dot(byInput, x)];
      });
      expectClose(values[1], values[0], { absolute: 1e-4 });
      expectClose(values[2], values[0], { absolute: 1e-4 });
    }
  });

  it("train a tf.layers model with convolution, depthwise convolution, pooling and embedding", async () => {
    await expectWasmLikeCpu(() => {
      const image = noise([3, 8, 8, 2]) as tf.Tensor4D;
      const ids = tf.tensor2d([0, 1, 2, 2, 1, 1], [3, 2], "int32");
      const forward = (filter: tf.Tensor, depth: tf.Tensor, dense: tf.Tensor, table: tf.Tensor): tf.Tensor => {
        const convolved = tf.relu(tf.conv2d(image, filter as tf.Tensor4D, 1, "same"));
        const deep = tf.depthwiseConv2d(convolved, depth as tf.Tensor4D, 1, "same");
        const flat = tf.reshape(tf.maxPool(deep, 2, 2, "valid"), [3, -1]);
        return tf.sum(tf.square(tf.add(tf.matMul(flat as tf.Tensor2D, dense), tf.sum(tf.gather(table, ids), 1))));
      };
      return tf.grads(forward as (...args: tf.Tensor[]) => tf.Tensor)([
        tf.mul(noise([3, 3, 2, 4]), 0.1),
        tf.mul(noise([3, 3, 4, 1], 2), 0.1),
        tf.mul(noise([64, 5], 3), 0.1),
        noise([3, 5], 4),
      ]);
    }, "network");
  });
});

describe("maximum pooling on wasm", () => {
  it("has a gradient where every number of a window is negative", async () => {
    for (const [shape, filter, strides, pad] of [
      [[2, 6, 5, 3], [2, 2], 2, "valid"],
      [[2, 6, 5, 3], [3, 2], [1, 2], "same"],
      [[1, 4, 4, 1], [4, 4], 1, "valid"],
    ] as [[number, number, number, number], [number, number], number | [number, number], "same" | "valid"][]) {
      await expectWasmLikeCpu(
        () =>
          tf.grad((x: tf.Tensor) => tf.sum(tf.square(tf.maxPool(tf.sub(x, 2) as tf.Tensor4D, filter, strides, pad))))(
            noise(shape),
          ),
        JSON.stringify(shape),
      );
    }
  });
});

describe("kernels that wasm computes wrongly", () => {
  it("refuse to run", async () => {
    let message = "";
    try {
      await on("wasm", () => tf.maxPool3d(noise([1, 3, 3, 3, 1]) as tf.Tensor5D, 2, 1, "same"));
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).to.match(/MaxPool3D wrongly; run with LIKEWISE_ENGINE=cpu/);
  });
});

type Case = [
  inputShape: [number, number, number, number],
  filterShape: [number, number, number, number],
  strides: number | [number, number],
  pad: "same" | "valid" | number,
];

function run(kernel: string, inputs: Record<string, tf.Tensor>, attrs: object): tf.Tensor {
  return tf.engine().runKernel(kernel, inputs, attrs as tf.NamedAttrMap);
}

function dot(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.sum(tf.mul(a, b));
}
