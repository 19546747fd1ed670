import * as tf from "../../../tensor/tf.js";
import { TraceError } from "../../trace/trace-error.js";
import type { OnnxBuilder, Operand } from "../builder.js";
import type { KernelCall } from "../lowering.js";
import { transpose } from "../operations.js";

/** tfjs has channels last, ONNX has them second. */
export function channelsSecond(g: OnnxBuilder, x: Operand): Operand {
  return transpose(g, x, [0, 3, 1, 2]);
}

export function channelsLast(g: OnnxBuilder, x: Operand): Operand {
  return transpose(g, x, [0, 2, 3, 1]);
}

/** A window that moves over an image, in numbers: lists are `[along height, along width]`. */
export interface Window {
  readonly input: readonly [height: number, width: number];
  readonly output: readonly [height: number, width: number];
  readonly size: readonly [height: number, width: number];
  readonly strides: readonly [height: number, width: number];
  readonly dilations: readonly [height: number, width: number];
  /** Before the image and after it; enough after it that ONNX, which rounds down, gets the output's size. */
  readonly before: readonly [height: number, width: number];
  readonly after: readonly [height: number, width: number];
}

type Two = [number, number];
type Four = [number, number, number, number];
type Pad = Parameters<typeof tf.backend_util.computeConv2DInfo>[4];
type Rounding = "floor" | "round" | "ceil" | undefined;

/** The window of a convolution kernel with these shapes of image and filter. */
export function convolutionWindow(
  { kernel, attributes }: KernelCall,
  image: readonly number[],
  filter: readonly number[],
  depthwise: boolean,
): Window {
  if (attributes["dataFormat"] === "NCHW")
    throw new TraceError(`kernel ${kernel}: the format NCHW cannot be compiled; use NHWC (channels last)`, null);
  const {
    strides,
    dilations = 1,
    pad,
    dimRoundingMode,
  } = attributes as {
    strides: Two;
    dilations?: Two;
    pad: Pad;
    dimRoundingMode?: Rounding;
  };
  return windowOf(
    kernel,
    tf.backend_util.computeConv2DInfo(
      [...image] as Four,
      [...filter] as Four,
      strides,
      dilations,
      pad,
      dimRoundingMode,
      depthwise,
    ),
  );
}

/** The window of a pooling kernel over an image of this shape. Gradients are not told how sizes were rounded, but know the output. */
export function poolingWindow(
  { kernel, attributes }: KernelCall,
  image: readonly number[],
  output: readonly number[] = [],
): Window {
  const { filterSize, strides, pad, dimRoundingMode } = attributes as {
    filterSize: Two;
    strides: Two;
    pad: Pad;
    dimRoundingMode?: Rounding;
  };
  const { computePool2DInfo } = tf.backend_util;
  const info = computePool2DInfo([...image] as Four, filterSize, strides, 1, pad, dimRoundingMode);
  const [, outHeight = info.outHeight, outWidth = info.outWidth] = output;
  return windowOf(kernel, { ...info, outHeight, outWidth });
}

function windowOf(kernel: string, info: ReturnType<typeof tf.backend_util.computeConv2DInfo>): Window {
  const output = [info.outHeight, info.outWidth] as const;
  const input = [info.inHeight, info.inWidth] as const;
  const strides = [info.strideHeight, info.strideWidth] as const;
  const before = [info.padInfo.top, info.padInfo.left] as const;
  const effective = [info.effectiveFilterHeight, info.effectiveFilterWidth] as const;
  const missing = (axis: 0 | 1): number =>
    Math.max(0, (output[axis] - 1) * strides[axis] + effective[axis] - input[axis] - before[axis]);
  const after = [missing(0), missing(1)] as const;
  for (const axis of [0, 1] as const) {
    const natural = Math.floor((input[axis] + before[axis] + after[axis] - effective[axis]) / strides[axis]) + 1;
    if (natural !== output[axis])
      throw new TraceError(
        `kernel ${kernel}: a padding given as a number needs a square filter; give it per side`,
        null,
      );
  }
  return {
    input,
    output,
    size: [info.filterHeight, info.filterWidth],
    strides,
    dilations: [info.dilationHeight, info.dilationWidth],
    before,
    after,
  };
}

/** The settings of ONNX's convolutions and pooling. */
export function windowSettings({ size, strides, dilations, before, after }: Window): {
  readonly kernel_shape: readonly bigint[];
  readonly strides: readonly bigint[];
  readonly dilations: readonly bigint[];
  readonly pads: readonly bigint[];
} {
  return {
    kernel_shape: size.map(BigInt),
    strides: strides.map(BigInt),
    dilations: dilations.map(BigInt),
    pads: [...before, ...after].map(BigInt),
  };
}
