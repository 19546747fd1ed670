import type { OnnxBuilder, Operand } from "../builder.js";
import {
  input,
  numbersOf,
  optionalInput,
  shapeOf,
  type KernelCall,
  type Lowering,
  type Lowerings,
} from "../lowering.js";
import { reshape, sameShape, slice, transpose } from "../operations.js";
import { activate, addBias } from "./activation.js";
import { channelsLast, channelsSecond, convolutionWindow, windowSettings, type Window } from "./image.js";

const FUSED = ["x", "filter", "bias", "preluActivationWeights"];

/** Convolutions with their gradients. Images are `[n, height, width, channels]`, filters `[height, width, in, out]`. */
export const convolutionLowerings: Lowerings = {
  Conv2D: convolution(false),
  DepthwiseConv2dNative: convolution(true),
  FusedConv2D: fused(false),
  FusedDepthwiseConv2D: fused(true),
  Conv2DBackpropInput: inputGradient(false),
  DepthwiseConv2dNativeBackpropInput: inputGradient(true),
  Conv2DBackpropFilter: filterGradient(false),
  DepthwiseConv2dNativeBackpropFilter: filterGradient(true),
};

function convolution(depthwise: boolean): Lowering {
  return (g, call) => convolve(g, call, depthwise, null);
}

function fused(depthwise: boolean): Lowering {
  return (g, call) => {
    const bias = optionalInput(call, FUSED, "bias");
    const joined = bias !== null && sameShape(bias.shape, shapeOf(call).slice(-1));
    const convolved = convolve(g, call, depthwise, joined ? bias : null);
    return activate(g, call, FUSED, joined ? convolved : addBias(g, call, FUSED, convolved));
  };
}

function convolve(g: OnnxBuilder, call: KernelCall, depthwise: boolean, bias: Operand | null): Operand {
  const [x, filter] = [input(call, 0), input(call, 1)];
  const window = convolutionWindow(call, x.shape, filter.shape, depthwise);
  const operands = [channelsSecond(g, x), arrangeFilter(g, filter, depthwise), ...(bias === null ? [] : [bias])];
  const settings = { ...windowSettings(window), group: groups(filter, depthwise) };
  return channelsLast(g, g.add("Conv", operands, second(shapeOf(call)), settings));
}

/** Every number of an image goes back to where it came from: a transposed convolution. */
function inputGradient(depthwise: boolean): Lowering {
  return (g, call) => {
    const [dy, filter] = [input(call, 0), input(call, 1)];
    const window = convolutionWindow(call, numbersOf(call, "inputShape"), filter.shape, depthwise);
    const settings = {
      ...windowSettings(window),
      output_padding: [0, 1].map((axis) => BigInt(leftOver(window, axis as 0 | 1))),
      group: groups(filter, depthwise),
    };
    const operands = [channelsSecond(g, dy), arrangeFilter(g, filter, depthwise)];
    return channelsLast(g, g.add("ConvTranspose", operands, second(shapeOf(call)), settings));
  };
}

/**
 * A convolution of the image with the gradient as its filter, where rows of the batch are the channels, and strides and dilations have
 * changed places. What it gives beyond the filter's size comes from rows that no window reached.
 */
function filterGradient(depthwise: boolean): Lowering {
  return (g, call) => {
    const [x, dy] = [input(call, 0), input(call, 1)];
    const [height, width, channels, last] = numbersOf(call, "filterShape") as [number, number, number, number];
    const window = convolutionWindow(call, x.shape, [height, width, channels, last], depthwise);
    const rows = x.shape[0] as number;
    const image = transpose(g, x, [3, 0, 1, 2]);
    const grouped = [1, channels * rows, ...window.input];
    const operands = [depthwise ? reshape(g, image, grouped) : image, transpose(g, dy, [3, 0, 1, 2])];
    const settings = {
      kernel_shape: window.output.map(BigInt),
      strides: window.dilations.map(BigInt),
      dilations: window.strides.map(BigInt),
      pads: [...window.before, ...window.after].map(BigInt),
      group: depthwise ? BigInt(channels) : 1n,
    };
    const extent = [0, 1].map(
      (axis) => window.size[axis]! + Math.floor(leftOver(window, axis as 0 | 1) / window.dilations[axis]!),
    );
    const leading = depthwise ? [1, channels * last] : [channels, last];
    const whole = g.add("Conv", operands, { type: "float32", shape: [...leading, ...extent] }, settings);
    const shape = [...leading, height, width];
    const cut = slice(g, whole, [0, 0, 0, 0], shape, shape);
    return transpose(g, reshape(g, cut, [channels, last, height, width]), [2, 3, 0, 1]);
  };
}

/** Rows at the end of the image that no window reached. */
function leftOver(
  { input: size, output, size: filter, strides, dilations, before, after }: Window,
  axis: 0 | 1,
): number {
  const effective = (filter[axis] - 1) * dilations[axis] + 1;
  return size[axis] + before[axis] + after[axis] - (output[axis] - 1) * strides[axis] - effective;
}

function arrangeFilter(g: OnnxBuilder, filter: Operand, depthwise: boolean): Operand {
  if (!depthwise) return transpose(g, filter, [3, 2, 0, 1]);
  const [height, width, channels, multiplier] = filter.shape as [number, number, number, number];
  return reshape(g, transpose(g, filter, [2, 3, 0, 1]), [channels * multiplier, 1, height, width]);
}

function groups(filter: Operand, depthwise: boolean): bigint {
  return depthwise ? BigInt(filter.shape[2] as number) : 1n;
}

/** The image as ONNX gives it. */
function second(shape: readonly number[]): { readonly type: "float32"; readonly shape: readonly number[] } {
  const [rows, height, width, channels] = shape as [number, number, number, number];
  return { type: "float32", shape: [rows, channels, height, width] };
}
