import * as tf from "likewise/tf";
import { describeKernels, floats, integers, row, wholeRow, type KernelCase } from "../kernel-cases.js";

const x = floats([3, 5, 2]);
const matrix = floats([4, 7]);
const whole = integers([3, 4]);

const of = (
  kernel: string,
  compute: (given: tf.Tensor) => tf.Tensor | tf.Tensor[],
  given = x,
  what?: string,
): KernelCase => ({
  kernel,
  inputs: { given },
  compute: (inputs) => compute(inputs["given"] as tf.Tensor),
  ...(what === undefined ? {} : { of: what }),
});
type Reduce = (given: tf.Tensor, axis?: number | number[], keepDimensions?: boolean) => tf.Tensor;
const kernels: readonly (readonly [string, Reduce])[] = [
  ["Sum", tf.sum],
  ["Mean", tf.mean],
  ["Max", tf.max],
  ["Min", tf.min],
  ["Prod", tf.prod],
];
/** The first column is finite. */
const notFinite = row(1, Infinity, Infinity, NaN, 2, 3, -Infinity, 4, -4, 5, 6, 7);
const squaresTwice = (given: tf.Tensor): tf.Tensor[] => {
  const squares = tf.square(given);
  return [tf.sum(squares), squares];
};
const truth = (given: tf.Tensor): tf.Tensor => tf.greater(given, 0);

describeKernels(
  "Kernels along axes as ONNX",
  [
    ...kernels.flatMap(([kernel, reduce]) => [
      of(kernel, (given) => reduce(given)),
      of(kernel, (given) => reduce(given, 1), x, "a middle axis"),
      of(kernel, (given) => reduce(given, [0, -1], true), x, "two axes that stay"),
      of(kernel, (given) => reduce(given, 0), floats([1, 4]), "an axis of length 1"),
      of(kernel, (given) => reduce(given, -1), whole, "whole numbers"),
      of(kernel, (given) => reduce(given), floats([]), "one number"),
    ]),
    of("Sum", (given) => tf.sum(truth(given), 1), matrix, "truth values"),
    of("Mean", (given) => tf.mean(truth(given)), matrix, "truth values"),
    of("Sum", (given) => tf.sum(given, 0), floats([0, 3]), "nothing"),
    of("Sum", (given) => tf.sum(given, 0), matrix, "columns"),
    of("Sum", (given) => tf.sum(given, 0), floats([300, 5]), "long columns"),
    of("Sum", (given) => tf.sum(given, 0), floats([300, 2]), "few columns"),
    of("Sum", (given) => tf.sum(given, 0, true), floats([2, 300]), "columns of two that stay"),
    of("Sum", (given) => tf.sum(given, [0, 1], true), floats([3, 4, 6]), "the first two axes, which stay"),
    of("Mean", (given) => tf.mean(given, 0), matrix, "columns"),
    of("Mean", (given) => tf.mean(given, 0), floats([300, 2]), "few columns"),
    of("Mean", (given) => tf.mean(given, [0, 1], true), floats([3, 4, 6]), "the first two axes, which stay"),
    of("Mean", (given) => tf.mean(truth(given), 0), matrix, "columns of truth values"),
    of("Sum", (given) => tf.sum(given, 0), integers([6, 5]), "columns of whole numbers"),
    of("Sum", (given) => tf.sum(tf.reshape(given, [3, 4]), 0), notFinite, "columns with infinities"),
    of("Sum", (given) => tf.sum(tf.square(given)), x, "squares"),
    of(
      "Sum",
      (given) => tf.sum(tf.mul(given, given), [0, 1, 2], true),
      x,
      "products with itself, all axes of which stay",
    ),
    of("Sum", (given) => tf.sum(tf.square(given)), whole, "squares of whole numbers"),
    of("Sum", (given) => tf.sum(tf.square(given), 0), matrix, "columns of squares"),
    of("Sum", squaresTwice, matrix, "squares that are used again"),
    of("All", (given) => tf.all(truth(given), 1)),
    of("Any", (given) => tf.any(truth(given), [0, 2], true)),
    of("Any", (given) => tf.any(truth(given), 0), floats([0, 3]), "no truth values"),
    of("ArgMax", (given) => tf.argMax(given, 1)),
    of("ArgMax", (given) => tf.argMax(given, -1), integers([4, 9], 0, 3), "whole numbers with ties"),
    of("ArgMin", (given) => tf.argMin(given, 0)),
    of("ArgMax", (given) => tf.argMax(given, 1), floats([3, 400]), "long rows"),
    of("ArgMin", (given) => tf.argMin(given, 2), floats([2, 3, 264]), "long rows of a block twice as wide as high"),
    of("ArgMax", (given) => tf.argMax(tf.round(given), 1), floats([5, 300]), "long rows with ties"),
    of("ArgMin", (given) => tf.argMin(tf.mul(given, 0)), floats([256]), "one long row of equals"),
    of("ArgMax", (given) => tf.argMax(given, -1), floats([2, 257]), "long rows that make no blocks"),
    of("Softmax", (given) => tf.softmax(tf.mul(given, 30)), matrix, "large numbers"),
    of("Cumsum", (given) => tf.cumsum(given, 1)),
    of("Cumsum", (given) => tf.cumsum(given, 1), matrix, "rows"),
    of("Cumsum", (given) => tf.cumsum(given, 1), floats([1, 5]), "a single row"),
    of("Cumsum", (given) => tf.cumsum(given, 0), floats([6]), "one axis"),
    of("Cumsum", (given) => tf.cumsum(given, 0, true), whole, "whole numbers without the own"),
    of("Cumsum", (given) => tf.cumsum(given, 2, true, true), x, "numbers from the end without the own"),
    of("Cumprod", (given) => tf.cumprod(given, 1)),
    of("Cumprod", (given) => tf.cumprod(given, 1, true), matrix, "numbers without the own"),
    of("Cumprod", (given) => tf.cumprod(given, 0, false, true), matrix, "numbers from the end"),
    of("Cumprod", (given) => tf.cumprod(given, 0, true, true), matrix, "numbers from the end without the own"),
    of("Cumprod", (given) => tf.cumprod(given), floats([1]), "a single number"),
    of("TopK", (given) => Object.values(tf.topk(given, 3))),
    of("TopK", (given) => Object.values(tf.topk(given, 4)), wholeRow(1, 3, 2, 3, 1, 0), "whole numbers with ties"),
  ].map((one) => (one.kernel === "TopK" && one.of === undefined ? { ...one, inputs: { given: matrix } } : one)),
);
