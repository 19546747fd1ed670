import * as tf from "likewise/tf";
import type { HostTensor } from "../../../../lib/tensor/host.js";
import { describeKernels, floats, integers, row, wholeRow, type KernelCase } from "../kernel-cases.js";

const a = floats([3, 1, 4], -2, 2, "a");
const b = floats([2, 4], -2, 2, "b");
const whole = integers([3, 4], -9, 10, "whole");
const divisor = wholeRow(3, -4, 1, -7);
const signs = { a: row(7.5, -7.5, 7.5, -7.5, 6, -6, 0), b: row(2, 2, -2, -2, 3, 3, 4) };

type Binary = (left: tf.Tensor, right: tf.Tensor) => tf.Tensor;

const of = (
  kernel: string,
  compute: Binary,
  left: HostTensor = a,
  right: HostTensor = b,
  what?: string,
): KernelCase => ({
  kernel,
  inputs: { left, right },
  compute: ({ left: x, right: y }) => compute(x as tf.Tensor, y as tf.Tensor),
  ...(what === undefined ? {} : { of: what }),
});
const kernels: readonly (readonly [string, Binary])[] = [
  ["Add", tf.add],
  ["Sub", tf.sub],
  ["Multiply", tf.mul],
  ["Maximum", tf.maximum],
  ["Minimum", tf.minimum],
  ["SquaredDifference", tf.squaredDifference],
  ["Equal", tf.equal],
  ["NotEqual", tf.notEqual],
  ["Greater", tf.greater],
  ["GreaterEqual", tf.greaterEqual],
  ["Less", tf.less],
  ["LessEqual", tf.lessEqual],
];
const truth = (x: tf.Tensor): tf.Tensor => tf.greater(x, 0);

describeKernels("Kernels of several tensors as ONNX", [
  ...kernels.flatMap(([kernel, compute]) => [
    of(kernel, compute),
    of(kernel, compute, whole, wholeRow(2, -3, 4, 2), "whole numbers"),
  ]),
  of("RealDiv", tf.div),
  of("Pow", (x, y) => tf.pow(tf.abs(x), y)),
  ...[1, 2, 3, -1, 0.5, 2.5].map((exponent) =>
    of("Pow", (x) => tf.pow(tf.abs(x), exponent), a, b, `numbers by a fixed ${exponent}`),
  ),
  of("Pow", (x, y) => tf.pow(x, y), wholeRow(2, -3, 4, 5), wholeRow(3, 2, 0, 1), "whole numbers"),
  { ...of("FloorDiv", tf.floorDiv, floats([5], -9, 9), row(2, -2, 3, -3, 1)), backend: "wasm" },
  of("FloorDiv", tf.floorDiv, whole, divisor, "whole numbers"),
  of("FloorDiv", tf.div, whole, wholeRow(3, 0, -2, 1), "whole numbers by zero"),
  of("FloorDiv", (x) => tf.floorDiv(x, tf.scalar(4, "int32")), whole, divisor, "whole numbers by a fixed one"),
  of(
    "FloorDiv",
    tf.floorDiv,
    wholeRow(2147483647, -2147483648, 2147483646, -2147483647),
    wholeRow(1, 1, 2, 2),
    "large whole numbers",
  ),
  of("Mod", tf.mod, signs.a, signs.b, "all signs"),
  of("Mod", tf.mod, whole, divisor, "whole numbers"),
  of("Mod", tf.mod, whole, wholeRow(3, 0, -2, 1), "whole numbers by zero"),
  of("Mod", (x) => tf.mod(x, tf.scalar(-4, "int32")), whole, divisor, "whole numbers by a fixed one"),
  of("Atan2", tf.atan2, row(1, -1, 1, -1, 0, 0, 3, -3, 0), row(2, 2, -2, -2, 1, -1, 0, 0, 0), "all quarters"),
  of("Atan2", tf.atan2, wholeRow(1, -1, 5, -5, 0), wholeRow(2, 2, -2, -2, 1), "whole numbers"),
  of("LogicalAnd", (x, y) => tf.logicalAnd(truth(x), truth(y))),
  of("LogicalOr", (x, y) => tf.logicalOr(truth(x), truth(y))),
  of("Equal", (x, y) => tf.equal(truth(x), truth(y)), a, b, "truth values"),
  of("NotEqual", tf.notEqual, row(NaN, 1, Infinity), row(NaN, 1, Infinity), "no numbers"),
  of("Multiply", (x, y) => tf.mul(truth(x), y), a, b, "a truth value and a number"),
  of("AddN", (x, y) => tf.addN([x, y, x]), floats([3]), floats([3], 0, 1)),
  of("AddN", (x, y) => tf.addN([x, y, x]), whole, integers([3, 4], 0, 5), "whole numbers"),
  of("Prelu", tf.prelu, floats([2, 3, 4]), floats([4], 0, 1)),
  of("EluGrad", (x, y) => tf.grad((z: tf.Tensor) => tf.mul(tf.elu(z), y))(x), floats([4]), floats([4])),
  of("Select", (x, y) => tf.where(truth(x), x, y), floats([3, 4]), b.shape.length === 2 ? floats([3, 4], 5, 6) : b),
  of("Select", (x, y) => tf.where(truth(y), x, tf.scalar(0)), a, b, "numbers and one number"),
  of("Select", (x, y) => tf.where(truth(x), truth(y), tf.equal(x, y)), a, b, "truth values"),
  of("Select", (x, y) => tf.where(tf.greater(x, 0), x, y), whole, integers([3, 4], 20, 30), "whole numbers"),
  of(
    "Select",
    (x) => tf.where(tf.greater(tf.sum(x, 1), 0), tf.scalar(1), tf.scalar(2)),
    floats([3, 4]),
    b,
    "two numbers",
  ),
]);
