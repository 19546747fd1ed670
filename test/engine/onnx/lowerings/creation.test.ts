import * as tf from "likewise/tf";
import { describeKernels, floats, type KernelCase } from "../kernel-cases.js";

const of = (kernel: string, what: string, make: () => tf.Tensor): KernelCase => ({
  kernel,
  of: what,
  inputs: { x: floats([1]) },
  compute: ({ x }) => {
    const made = make();
    return [made, made.dtype === "float32" ? tf.mul(made, x as tf.Tensor) : made];
  },
});

describeKernels("Kernels that make numbers as ONNX", [
  of("Fill", "few numbers", () => tf.fill([2, 3], 0.7)),
  of("Fill", "many numbers", () => tf.fill([40, 30], -0.25)),
  of("Fill", "whole numbers", () => tf.fill([500], 3, "int32")),
  of("Fill", "zeros", () => tf.zeros([50, 60])),
  of("Range", "an odd step", () => tf.range(0.5, 3, 0.3)),
  of("Range", "whole numbers", () => tf.range(2, 9, 2, "int32")),
  of("Range", "a step down", () => tf.range(3, -2)),
  of("Range", "nothing", () => tf.range(3, 3)),
  of("LinSpace", "both ends", () => tf.linspace(-1, 2, 7)),
]);
