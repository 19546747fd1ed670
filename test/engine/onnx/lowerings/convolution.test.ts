import * as tf from "likewise/tf";
import { describeKernels, floats, type KernelCase } from "../kernel-cases.js";

interface Setting {
  readonly what: string;
  readonly image?: readonly [number, number];
  readonly filter?: readonly [number, number];
  readonly strides?: [number, number];
  readonly dilations?: [number, number];
  readonly pad?: Parameters<typeof tf.conv2d>[3];
  readonly rounding?: "floor" | "round" | "ceil";
}

const settings: readonly Setting[] = [
  { what: "no padding" },
  { what: "the same size", pad: "same" },
  { what: "an even filter of the same size", filter: [2, 4], pad: "same" },
  { what: "strides that leave a row over", strides: [2, 3] },
  { what: "strides of the same size", image: [8, 7], strides: [2, 2], pad: "same" },
  { what: "strides longer than the filter", image: [7, 8], filter: [1, 2], strides: [3, 3] },
  { what: "dilations", dilations: [2, 1], pad: "same" },
  { what: "wide dilations", image: [9, 10], dilations: [3, 2] },
  {
    what: "a padding for each side",
    pad: [
      [0, 0],
      [1, 2],
      [0, 1],
      [0, 0],
    ],
    rounding: "floor",
  },
  { what: "a padding in numbers", pad: 1, rounding: "floor" },
  { what: "sizes rounded up", image: [6, 6], strides: [2, 2], pad: 0, rounding: "ceil" },
];
const image = ({ image: [height, width] = [6, 7] }: Setting, channels = 3) =>
  floats([2, height, width, channels], -1, 1, "x");
const filterOf = ({ filter: [height, width] = [3, 3] }: Setting, last: number) =>
  floats([height, width, 3, last], -1, 1, "filter");
const convolve =
  (kind: "conv2d" | "depthwiseConv2d", { strides = [1, 1], dilations = [1, 1], pad = "valid", rounding }: Setting) =>
  (x: tf.Tensor, filter: tf.Tensor): tf.Tensor =>
    tf[kind](x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad as number, "NHWC", dilations, rounding);

const nearness = { relative: 1e-5, absolute: 1e-5 };

function cases(kind: "conv2d" | "depthwiseConv2d", names: readonly [string, string, string]): KernelCase[] {
  const [forward, byInput, byFilter] = names;
  const last = kind === "conv2d" ? 4 : 2;
  return settings.flatMap((setting): KernelCase[] => {
    const inputs = { x: image(setting), filter: filterOf(setting, last) };
    const apply = convolve(kind, setting);
    const gradients = ({ x, filter }: Readonly<Record<string, tf.Tensor>>): tf.Tensor[] =>
      tf.grads((...given: tf.Tensor[]) => tf.sum(tf.square(apply(given[0] as tf.Tensor, given[1] as tf.Tensor))))([
        x as tf.Tensor,
        filter as tf.Tensor,
      ]);
    const one = { of: setting.what, inputs, nearness };
    const ceil = setting.rounding === "ceil";
    const dilated = setting.dilations !== undefined;
    return [
      { ...one, kernel: forward, compute: ({ x, filter }) => apply(x as tf.Tensor, filter as tf.Tensor) },
      // tfjs has no gradient of dilated convolutions, and does not tell all gradients how sizes were rounded.
      ...(dilated || ceil
        ? []
        : [
            {
              ...one,
              kernel: byInput,
              compute: (given: Readonly<Record<string, tf.Tensor>>) => gradients(given)[0] as tf.Tensor,
            },
            {
              ...one,
              kernel: byFilter,
              compute: (given: Readonly<Record<string, tf.Tensor>>) => gradients(given)[1] as tf.Tensor,
            },
          ]),
    ];
  });
}

const fused = (activation: "linear" | "relu" | "prelu"): KernelCase => ({
  kernel: "FusedConv2D",
  of: activation,
  inputs: {
    x: image({ what: "" }),
    filter: filterOf({ what: "" }, 4),
    bias: floats([4]),
    slope: floats([4], 0, 1, "slope"),
  },
  compute: ({ x, filter, bias, slope }) =>
    tf.fused.conv2d({
      x: x as tf.Tensor4D,
      filter: filter as tf.Tensor4D,
      strides: 1,
      pad: "same",
      bias: bias as tf.Tensor,
      activation,
      ...(activation === "prelu" ? { preluActivationWeights: slope as tf.Tensor } : {}),
    }),
  nearness,
});

describeKernels("Convolutions as ONNX", [
  ...cases("conv2d", ["Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"]),
  ...cases("depthwiseConv2d", [
    "DepthwiseConv2dNative",
    "DepthwiseConv2dNativeBackpropInput",
    "DepthwiseConv2dNativeBackpropFilter",
  ]),
  fused("linear"),
  fused("relu"),
  fused("prelu"),
  {
    kernel: "FusedDepthwiseConv2D",
    of: "a bias and relu",
    inputs: { x: image({ what: "" }), filter: filterOf({ what: "" }, 2), bias: floats([6]) },
    compute: ({ x, filter, bias }) =>
      tf.fused.depthwiseConv2d({
        x: x as tf.Tensor4D,
        filter: filter as tf.Tensor4D,
        strides: 1,
        pad: "same",
        bias: bias as tf.Tensor,
        activation: "relu",
      }),
    nearness,
  },
  {
    kernel: "Conv2DBackpropInput",
    of: "an upward convolution",
    inputs: { x: floats([2, 3, 4, 4]), filter: floats([3, 3, 5, 4]) },
    compute: ({ x, filter }) => tf.conv2dTranspose(x as tf.Tensor4D, filter as tf.Tensor4D, [2, 6, 8, 5], 2, "same"),
    nearness,
  },
  {
    kernel: "Conv2D",
    of: "a text of vectors",
    inputs: { x: floats([2, 9, 4]), filter: floats([3, 4, 5]) },
    compute: ({ x, filter }) => tf.conv1d(x as tf.Tensor3D, filter as tf.Tensor3D, 1, "same"),
    nearness,
  },
]);
