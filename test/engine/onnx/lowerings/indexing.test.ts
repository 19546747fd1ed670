import * as tf from "likewise/tf";
import type { HostTensor, HostTensors } from "../../../../lib/tensor/host.js";
import { describeKernels, floats, integers, wholeRow, type KernelCase } from "../kernel-cases.js";

const table = floats([6, 3]);
const cube = floats([2, 4, 3]);

const of = (
  kernel: string,
  compute: (x: tf.Tensor, indices: tf.Tensor, more: tf.Tensor) => tf.Tensor,
  x: HostTensor,
  indices: HostTensor,
  what?: string,
  more?: HostTensor,
): KernelCase => ({
  kernel,
  inputs: { x, indices, ...(more === undefined ? {} : { more }) } satisfies HostTensors,
  compute: (given) => compute(given["x"] as tf.Tensor, given["indices"] as tf.Tensor, given["more"] as tf.Tensor),
  ...(what === undefined ? {} : { of: what }),
});
const pairs = { data: Int32Array.of(0, 1, 1, 3, 0, 1, 1, 0), shape: [4, 2] };
const places = { data: Int32Array.of(1, 4, 1, 0, 1), shape: [5, 1] };

const cases: readonly KernelCase[] = [
  of("GatherV2", (x, indices) => tf.gather(x, indices), table, integers([2, 4], 0, 6)),
  of("GatherV2", (x, indices) => tf.gather(x, indices, 1), cube, wholeRow(3, 0, 3), "a middle axis"),
  of("GatherV2", (x, indices) => tf.gather(x, indices, -1), cube, wholeRow(2, 0), "the last axis"),
  of("GatherV2", (x, indices) => tf.gather(tf.greater(x, 0), indices), table, wholeRow(2, 0), "truth values"),
  of("GatherV2", (x, indices) => tf.gather(x, indices, 1, 1), cube, integers([2, 5], 0, 4), "batches"),
  of(
    "GatherV2",
    (x, indices) => tf.gather(x, indices, 2, 1),
    cube,
    integers([2, 2, 2], 0, 3),
    "batches on a later axis",
  ),
  of("GatherV2", (x, indices) => tf.gather(x, indices), floats([7]), integers([2, 4], 0, 7), "single numbers"),
  of("GatherV2", (x, indices) => tf.gather(x, indices, 1), floats([1, 7]), wholeRow(6, 0), "numbers of one row"),
  of(
    "GatherV2",
    (x, indices) => tf.gather(x, indices, 1, 1),
    floats([2, 4]),
    integers([2, 5], 0, 4),
    "numbers of rows",
  ),
  of("GatherV2", (x) => tf.gather(x, tf.scalar(3, "int32")), floats([7]), wholeRow(0), "one number"),
  of("GatherNd", (x, indices) => tf.gatherND(x, indices), cube, pairs),
  of("GatherNd", (x, indices) => tf.gatherND(x, indices), table, places, "rows"),
  of("ScatterNd", (x, indices) => tf.scatterND(indices, x, [2, 4]), floats([4]), pairs, "numbers, some to one place"),
  of(
    "ScatterNd",
    (x, indices) => tf.scatterND(indices, x, [2, 4, 3]),
    floats([4, 3]),
    pairs,
    "rows, some to one place",
  ),
  of("ScatterNd", (x, indices) => tf.scatterND(indices, x, [6]), wholeRow(1, 2, 3, 4, 5), places, "whole numbers"),
  {
    ...of(
      "ScatterNd",
      (x, indices) => tf.scatterND(indices, x, [6]),
      floats([0]),
      { data: new Int32Array(0), shape: [0, 1] },
      "nothing",
    ),
    backend: "wasm",
  },
  of(
    "TensorScatterUpdate",
    (x, indices, rows) => tf.tensorScatterUpdate(x, indices, rows),
    table,
    { data: Int32Array.of(4, 0), shape: [2, 1] },
    "rows",
    floats([2, 3]),
  ),
  of(
    "UnsortedSegmentSum",
    (x, ids) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 5),
    table,
    wholeRow(0, 4, 0, 2, 2, 0),
  ),
  {
    ...of(
      "UnsortedSegmentSum",
      (x, ids) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 3),
      table,
      wholeRow(0, 7, -1, 2, 2, 3),
      "numbers of no segment",
    ),
    backend: "wasm",
  },
  {
    ...of(
      "UnsortedSegmentSum",
      (x, ids) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 3),
      wholeRow(4, 5, 6),
      wholeRow(2, 2, 0),
      "whole numbers",
    ),
    backend: "wasm",
  },
  {
    ...of(
      "UnsortedSegmentSum",
      (x, ids) => tf.grad((from: tf.Tensor) => tf.sum(tf.square(tf.gather(from, ids))))(x),
      table,
      integers([3, 4], 0, 6),
      "the gradient of a lookup",
    ),
  },
  of(
    "UnsortedSegmentSum",
    (x, ids) => tf.grad((from: tf.Tensor) => tf.sum(tf.square(tf.gather(from, ids, 1))))(x),
    cube,
    wholeRow(3, 0, 3, 1, 3),
    "the gradient of a lookup on a middle axis",
  ),
  of("OneHot", (_x, indices) => tf.oneHot(indices, 4), table, {
    data: Int32Array.of(0, 3, -1, 4, 2, 2),
    shape: [2, 3],
  }),
  of("OneHot", (_x, indices) => tf.oneHot(indices, 4, 0.9, 0.1, "float32"), table, wholeRow(0, 3, 1), "other numbers"),
];

/** Many rows for the same place, enough that they are added on several threads. */
const crowd: KernelCase = {
  ...of(
    "UnsortedSegmentSum",
    (x, ids) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 3),
    { data: new Float32Array(40_000 * 16).fill(1), shape: [40_000, 16] },
    integers([40_000], 0, 3),
    "many rows",
  ),
  backend: "wasm",
};
const adding = new Set(["ScatterNd", "UnsortedSegmentSum"]);

describeKernels("Kernels that look up and add by position as ONNX", [...cases, crowd]);
describeKernels(
  "Kernels that add by position as ONNX on two threads",
  [...cases, crowd].filter(({ kernel }) => adding.has(kernel)).map((one) => ({ ...one, threads: 2 })),
);
