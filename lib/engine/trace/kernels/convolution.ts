import * as tf from "../../../tensor/tf.js";
import type { GraphValue } from "../graph.js";
import { recordKernel, type KernelCall, type OutputType } from "../kernel.js";

type Four = [number, number, number, number];
type Two = [number, number];
type Pad = Parameters<typeof tf.backend_util.computeConv2DInfo>[4];

const four = (value: GraphValue | undefined): Four => [...(value?.shape ?? [])] as Four;

/** Convolution, pooling and batch normalization with their gradients; images are NHWC. */
export function recordConvolution(): void {
  recordKernel("Conv2D", ["x", "filter"], (call) => convolved(call, false));
  recordKernel("DepthwiseConv2dNative", ["x", "filter"], (call) => convolved(call, true));
  recordKernel("FusedConv2D", ["x", "filter", "bias", "preluActivationWeights"], (call) => convolved(call, false));
  recordKernel("FusedDepthwiseConv2D", ["x", "filter", "bias", "preluActivationWeights"], (call) =>
    convolved(call, true),
  );
  for (const kernel of ["Conv2DBackpropInput", "DepthwiseConv2dNativeBackpropInput"]) {
    recordKernel(kernel, ["dy", "filter"], ({ attributes }) => ["float32", attributes["inputShape"] as number[]]);
  }
  for (const kernel of ["Conv2DBackpropFilter", "DepthwiseConv2dNativeBackpropFilter"]) {
    recordKernel(kernel, ["x", "dy"], ({ attributes }) => ["float32", attributes["filterShape"] as number[]]);
  }
  for (const kernel of ["MaxPool", "AvgPool"]) {
    recordKernel(kernel, ["x"], ({ list: [x], attributes }) => {
      const { filterSize, strides, pad, dimRoundingMode } = attributes as {
        filterSize: Two;
        strides: Two;
        pad: Pad;
        dimRoundingMode?: "floor";
      };
      const { outShape } = tf.backend_util.computePool2DInfo(four(x), filterSize, strides, 1, pad, dimRoundingMode);
      return [x?.dtype ?? "float32", outShape];
    });
  }
  recordKernel("MaxPoolGrad", ["dy", "input", "output"], ({ list: [, input] }) => ["float32", input?.shape ?? []]);
  recordKernel("AvgPoolGrad", ["dy", "input"], ({ list: [, input] }) => ["float32", input?.shape ?? []]);
  recordKernel("FusedBatchNorm", ["x", "mean", "variance", "offset", "scale"], ({ list: [x] }) => [
    "float32",
    x?.shape ?? [],
  ]);
}

function convolved({ list: [x, filter], attributes }: KernelCall, depthwise: boolean): OutputType {
  const {
    strides,
    pad,
    dataFormat,
    dilations = 1,
    dimRoundingMode,
  } = attributes as {
    strides: Two;
    pad: Pad;
    dataFormat?: "NHWC" | "NCHW";
    dilations?: Two;
    dimRoundingMode?: "floor";
  };
  const format = dataFormat === "NCHW" ? "channelsFirst" : "channelsLast";
  const { outShape } = tf.backend_util.computeConv2DInfo(
    four(x),
    four(filter),
    strides,
    dilations,
    pad,
    dimRoundingMode,
    depthwise,
    format,
  );
  return ["float32", outShape];
}
