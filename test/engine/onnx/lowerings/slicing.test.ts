import * as tf from "likewise/tf";
import { describeKernels, floats, integers, type KernelCase } from "../kernel-cases.js";

const x = floats([4, 5, 3]);

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

describeKernels("Kernels that cut and pad as ONNX", [
  of("Slice", (a) => tf.slice(a, [1, 0, 2], [2, -1, 1])),
  of("Slice", (a) => tf.slice(a, 1, 2), x, "rows alone"),
  of("Slice", (a) => tf.slice(a, [2], [0]), integers([4]), "nothing"),
  of("Slice", (a) => tf.slice(tf.greater(a, 0), [0, 1], [4, 2]), floats([4, 4]), "truth values"),
  of("StridedSlice", (a) => tf.stridedSlice(a, [0, 1, 0], [4, 5, 3], [2, 2, 1])),
  of("StridedSlice", (a) => tf.stridedSlice(a, [3, -1, 2], [0, 0, 0], [-1, -2, -1], 0, 4), x, "numbers backwards"),
  of("StridedSlice", (a) => tf.stridedSlice(a, [1, 1], [2, 4], [1, 1], 0, 0, 0, 0, 1), x, "one row"),
  of("Reverse", (a) => tf.reverse(a, [0, -1])),
  of("Reverse", (a) => tf.reverse(a), integers([2, 3]), "whole numbers, all axes"),
  of("PadV2", (a) =>
    tf.pad(
      a,
      [
        [1, 0],
        [0, 2],
        [3, 1],
      ],
      0.5,
    ),
  ),
  of("PadV2", (a) => tf.pad(a, [[2, 1]]), integers([3]), "whole numbers"),
  of("MirrorPad", (a) =>
    tf.mirrorPad(
      a,
      [
        [1, 2],
        [0, 3],
        [1, 1],
      ],
      "reflect",
    ),
  ),
  of(
    "MirrorPad",
    (a) =>
      tf.mirrorPad(
        a,
        [
          [2, 1],
          [0, 0],
          [3, 0],
        ],
        "symmetric",
      ),
    x,
    "numbers with their edge",
  ),
]);
