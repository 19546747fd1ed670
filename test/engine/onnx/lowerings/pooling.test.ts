import * as tf from "likewise/tf";
import { describeKernels, floats, integers, type KernelCase } from "../kernel-cases.js";

interface Setting {
  readonly what: string;
  readonly image?: readonly [number, number];
  readonly size?: [number, number];
  readonly strides?: [number, number];
  readonly pad?: "valid" | "same" | number;
  readonly rounding?: "floor" | "ceil";
}
const settings: readonly Setting[] = [
  { what: "no padding" },
  { what: "the same size", pad: "same" },
  { what: "windows that overlap", size: [3, 2], strides: [1, 1], pad: "same" },
  { what: "strides that leave a row over", image: [7, 8], size: [2, 2], strides: [3, 3] },
  { what: "sizes rounded up", image: [7, 7], pad: 0, rounding: "ceil" },
  { what: "a padding in numbers", size: [3, 3], pad: 1, rounding: "floor" },
];

function cases(pool: typeof tf.maxPool | typeof tf.avgPool, names: readonly [string, string]): KernelCase[] {
  return settings.flatMap(
    ({ what, image: [height, width] = [6, 7], size = [2, 2], strides = [2, 2], pad = "valid", rounding }) => {
      const apply = (x: tf.Tensor): tf.Tensor => pool(x as tf.Tensor4D, size, strides, pad, rounding);
      const one = { of: what, inputs: { x: floats([2, height, width, 3]) } };
      const gradient: KernelCase = {
        ...one,
        kernel: names[1],
        compute: ({ x }) => tf.grad((given: tf.Tensor) => tf.sum(tf.square(apply(given))))(x as tf.Tensor),
      };
      const pooled: KernelCase = { ...one, kernel: names[0], compute: ({ x }) => apply(x as tf.Tensor) };
      // tfjs does not tell the gradient that sizes were rounded up, and gives wrong numbers.
      return rounding === "ceil" ? [pooled] : [pooled, gradient];
    },
  );
}

const normalize = (of: string, x: readonly number[], affine: boolean): KernelCase => {
  const channels = [x.at(-1) as number];
  return {
    kernel: "FusedBatchNorm",
    of,
    inputs: {
      x: floats(x),
      mean: floats(channels, -1, 1, "mean"),
      variance: floats(channels, 0.1, 2, "variance"),
      offset: floats(channels, -1, 1, "offset"),
      scale: floats(channels, 0.5, 2, "scale"),
    },
    compute: (given) => {
      const { x: image, mean, variance, offset, scale } = given as Readonly<Record<string, tf.Tensor1D>>;
      return affine
        ? tf.batchNorm(image as tf.Tensor, mean!, variance!, offset!, scale!, 1e-3)
        : tf.batchNorm(image as tf.Tensor, mean!, variance!);
    },
  };
};

describeKernels("Pooling and normalization as ONNX", [
  ...cases(tf.maxPool, ["MaxPool", "MaxPoolGrad"]),
  {
    kernel: "MaxPoolGrad",
    of: "ties",
    inputs: { x: integers([1, 6, 6, 2], 0, 3) },
    compute: ({ x }) =>
      tf.grad((given: tf.Tensor) => tf.sum(tf.mul(tf.maxPool(given as tf.Tensor4D, 3, 1, "same"), given)))(
        tf.cast(x as tf.Tensor, "float32"),
      ),
  },
  ...cases(tf.avgPool, ["AvgPool", "AvgPoolGrad"]),
  normalize("images", [2, 3, 4, 5], true),
  normalize("images without scale and offset", [2, 3, 4, 5], false),
  normalize("vectors", [6, 3], true),
]);
