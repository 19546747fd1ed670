import * as tf from "likewise/tf";
import { describeKernels, floats, type KernelCase } from "../kernel-cases.js";

const image = floats([2, 6, 6, 3]);
const square = (apply: (x: tf.Tensor4D) => tf.Tensor) => (x: tf.Tensor) =>
  tf.grad((given: tf.Tensor) => tf.sum(tf.square(apply(given as tf.Tensor4D))))(x);

const of = (kernel: string, what: string, compute: (x: tf.Tensor4D) => tf.Tensor, x = image): KernelCase => ({
  kernel,
  of: what,
  inputs: { x },
  compute: (given) => compute(given["x"] as tf.Tensor4D),
});

type Resize = typeof tf.image.resizeBilinear;
const cases = (kernel: string, resize: Resize): KernelCase[] => [
  of(kernel, "images made larger", (x) => resize(x, [9, 11])),
  of(kernel, "images made smaller", (x) => resize(x, [4, 5])),
  of(kernel, "images with their corners in place", (x) => resize(x, [9, 4], true)),
  of(kernel, "images by the middle of pixels", (x) => resize(x, [9, 4], false, true)),
  of(kernel, "images made one pixel", (x) => resize(x, [1, 1], true)),
  // One image: for the second the plain JavaScript backend looks for its gradient in the wrong place.
  of(
    `${kernel}Grad`,
    "an image made larger",
    square((x) => resize(x, [9, 11])),
    floats([1, 6, 6, 3]),
  ),
  of(
    `${kernel}Grad`,
    "an image made smaller",
    square((x) => resize(x, [4, 5], true)),
    floats([1, 6, 6, 3]),
  ),
  {
    ...of(
      `${kernel}Grad`,
      "images",
      square((x) => resize(x, [9, 11])),
    ),
    backend: "wasm",
  },
];

describeKernels("Resizing as ONNX", [
  ...cases("ResizeNearestNeighbor", tf.image.resizeNearestNeighbor),
  ...cases("ResizeBilinear", tf.image.resizeBilinear),
]);

describeKernels("Blocks of images as ONNX", [
  of("FlipLeftRight", "images", (x) => tf.image.flipLeftRight(x)),
  of("DepthToSpace", "blocks", (x) => tf.depthToSpace(x, 2), floats([2, 3, 4, 12])),
  of("SpaceToBatchND", "images", (x) => tf.spaceToBatchND(x, [2, 3], [[0, 0], [1, 2]])), // prettier-ignore
  of("SpaceToBatchND", "images without padding", (x) => tf.spaceToBatchND(x, [3, 2], [[0, 0], [0, 0]])), // prettier-ignore
  of("BatchToSpaceND", "blocks", (x) => tf.batchToSpaceND(x, [2, 2], [[0, 1], [2, 0]]), floats([8, 3, 4, 2])), // prettier-ignore
  of("BatchToSpaceND", "pooling with gaps", (x) => tf.pool(x, 2, "avg", "valid", 2)),
  of("Diag", "a matrix", (x) => tf.diag(tf.slice(tf.reshape(x, [-1, 3]), [0, 0], [2, 3]))),
]);
