import * as tf from "likewise/tf";
import { describeKernels, floats, integers, type KernelCase } from "../kernel-cases.js";

const x = floats([3, 5, 2]);

const of = (
  kernel: string,
  compute: (x: tf.Tensor) => tf.Tensor | tf.Tensor[],
  given = x,
  what?: string,
): KernelCase => ({
  kernel,
  inputs: { x: given },
  compute: (inputs) => compute(inputs["x"] as tf.Tensor),
  ...(what === undefined ? {} : { of: what }),
});

describeKernels("Kernels that arrange tensors as ONNX", [
  of("Reshape", (a) => tf.reshape(a, [5, -1])),
  of("Reshape", (a) => tf.reshape(a, [0, 2]), floats([0, 4]), "nothing"),
  of("Reshape", (a) => tf.squeeze(a), floats([1, 4, 1]), "axes of length 1"),
  of("ExpandDims", (a) => tf.add(tf.expandDims(a, -1), tf.expandDims(a, 1)), floats([3, 3])),
  of("Transpose", (a) => tf.transpose(a, [2, 0, 1])),
  of("Transpose", (a) => tf.transpose(a), integers([3, 4]), "whole numbers"),
  of("Transpose", (a) => tf.transpose(a, [1, 0, 2]), floats([1, 4, 3]), "an axis of length 1"),
  of("Tile", (a) => tf.tile(a, [2, 1, 3])),
  of("Tile", (a) => tf.mul(tf.tile(a, [1, 4]), tf.range(0, 4)), floats([3, 1]), "an axis of length 1"),
  of("Tile", (a) => tf.tile(tf.greater(a, 0), [2]), floats([3]), "truth values"),
  of("Tile", (a) => tf.broadcastTo(a, [2, 3, 4]), floats([3, 1]), "a broadcast"),
  of("Concat", (a) => tf.concat([a, tf.mul(a, 2), a], 1)),
  of("Concat", (a) => tf.concat([a, tf.slice(a, [0], [0])], -1), integers([4]), "whole numbers and nothing"),
  of("Pack", (a) => tf.stack([a, tf.neg(a)], -1)),
  of("Pack", (a) => tf.stack([tf.sum(a), tf.max(a)]), x, "single numbers"),
  of("Unpack", (a) => tf.unstack(a, 1)),
  of("Unpack", (a) => tf.unstack(a, -1)[1] as tf.Tensor, integers([2, 3]), "whole numbers"),
  of("SplitV", (a) => tf.split(a, [1, 3, 1], 1)),
  of("SplitV", (a) => tf.split(a, 2, -1)),
]);
