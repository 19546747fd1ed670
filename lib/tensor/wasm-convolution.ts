import * as tf from "./tf.js";
import { addKernel, heap, shaped, wasmKernel, type KernelCall } from "./wasm-kernels.js";

/** Adds the gradients of convolutions that the wasm backend lacks. Tensors are `[batch, height, width, channels]`. */
export function addConvolutionGradients(): void {
  addKernel(tf.Conv2DBackpropFilter, filterGradient);
  addKernel(tf.DepthwiseConv2dNativeBackpropFilter, depthwiseFilterGradient);
  addKernel(tf.DepthwiseConv2dNativeBackpropInput, depthwiseInputGradient);
}

/**
 * `[filterHeight, filterWidth, in, out]`: for each row of the filter, the patches it saw `[positions, filterWidth · in]`, transposed,
 * times the gradient `[positions, out]`.
 */
function filterGradient({
  inputs: { x, dy },
  attrs,
  backend,
}: KernelCall<"x" | "dy", tf.Conv2DBackpropFilterAttrs>): tf.TensorInfo {
  const { strides, pad, dataFormat, dimRoundingMode, filterShape } = attrs;
  if (dataFormat === "NCHW") throw new Error("the wasm backend convolves NHWC tensors only, got NCHW");
  const info = tf.backend_util.computeConv2DInfo(tensor4(x), filterShape, strides, 1, pad, dimRoundingMode);
  const positions = info.batchSize * info.outHeight * info.outWidth;
  const rowSize = info.filterWidth * info.inChannels;
  const matMul = wasmKernel<"a" | "b", tf.BatchMatMulAttrs>(tf.BatchMatMul);
  const gradient = backend.makeOutput([...filterShape], "float32");
  const patches = backend.makeOutput([positions, rowSize], "float32");
  const flatDy = shaped(dy, [positions, info.outChannels]);
  for (let row = 0; row < info.filterHeight; row += 1) {
    copyPatches(heap(backend, x), heap(backend, patches), info, row);
    const part = matMul({ inputs: { a: patches, b: flatDy }, attrs: { transposeA: true, transposeB: false }, backend });
    heap(backend, gradient).set(heap(backend, part), row * rowSize * info.outChannels);
    backend.disposeData(part.dataId);
  }
  backend.disposeData(patches.dataId);
  return gradient;
}

type Numbers = Float32Array | Int32Array | Uint8Array;
type ConvInfo = tf.backend_util.Conv2DInfo;

function copyPatches(from: Numbers, to: Numbers, info: ConvInfo, filterRow: number): void {
  const { inChannels, inHeight, inWidth, filterWidth, padInfo } = info;
  const rowSize = filterWidth * inChannels;
  to.fill(0);
  eachOutputRow(info, filterRow, (batch, outRow, inRow) => {
    const source = (batch * inHeight + inRow) * inWidth;
    let target = (batch * info.outHeight + outRow) * info.outWidth * rowSize;
    for (let column = 0; column < info.outWidth; column += 1, target += rowSize) {
      const left = column * info.strideWidth - padInfo.left;
      const first = Math.max(0, -left);
      const last = Math.min(filterWidth, inWidth - left);
      for (let i = first * inChannels; i < last * inChannels; i += 1)
        to[target + i] = from[(source + left) * inChannels + i]!;
    }
  });
}

/** `[filterHeight, filterWidth, in, multiplier]` */
function depthwiseFilterGradient({
  inputs: { x, dy },
  attrs,
  backend,
}: KernelCall<"x" | "dy", tf.DepthwiseConv2dNativeBackpropFilterAttrs>): tf.TensorInfo {
  const { filterShape } = attrs;
  const info = depthwiseInfo(tensor4(x), filterShape, attrs);
  const gradient = backend.makeOutput([...filterShape], "float32");
  const [input, above] = [heap(backend, x), heap(backend, dy)];
  const sums = new Float64Array(tf.util.sizeFromShape(filterShape)); // many terms: summed in double precision
  const multiplier = info.outChannels / info.inChannels;
  eachPair(info, (inAt, outAt, filterAt) => {
    for (let channel = 0, i = 0; channel < info.inChannels; channel += 1) {
      const value = input[inAt + channel]!;
      for (let m = 0; m < multiplier; m += 1, i += 1) sums[filterAt + i]! += value * above[outAt + i]!;
    }
  });
  heap(backend, gradient).set(sums);
  return gradient;
}

/** `[batch, height, width, in]` */
function depthwiseInputGradient({
  inputs: { dy, filter },
  attrs,
  backend,
}: KernelCall<"dy" | "filter", tf.DepthwiseConv2dNativeBackpropInputAttrs>): tf.TensorInfo {
  const { inputShape } = attrs;
  const info = depthwiseInfo(inputShape, tensor4(filter), attrs);
  const gradient = backend.makeOutput([...inputShape], "float32");
  const [above, weights, sums] = [heap(backend, dy), heap(backend, filter), heap(backend, gradient)];
  sums.fill(0);
  const multiplier = info.outChannels / info.inChannels;
  eachPair(info, (inAt, outAt, filterAt) => {
    for (let channel = 0, i = 0; channel < info.inChannels; channel += 1) {
      let sum = 0;
      for (let m = 0; m < multiplier; m += 1, i += 1) sum += above[outAt + i]! * weights[filterAt + i]!;
      sums[inAt + channel]! += sum;
    }
  });
  return gradient;
}

type DepthwiseAttributes = tf.DepthwiseConv2dNativeBackpropFilterAttrs | tf.DepthwiseConv2dNativeBackpropInputAttrs;
type Shape4 = [number, number, number, number];

function depthwiseInfo(inputShape: Shape4, filterShape: Shape4, attrs: DepthwiseAttributes): ConvInfo {
  const { strides, dilations, pad, dimRoundingMode } = attrs;
  return tf.backend_util.computeConv2DInfo(inputShape, filterShape, strides, dilations, pad, dimRoundingMode, true);
}

/** Every input pixel, output pixel and filter place that meet, as offsets of their first channel. */
function eachPair(info: ConvInfo, visit: (inAt: number, outAt: number, filterAt: number) => void): void {
  for (let row = 0; row < info.filterHeight; row += 1) {
    eachOutputRow(info, row, (batch, outRow, inRow) => {
      for (let place = 0; place < info.filterWidth; place += 1) {
        const filterAt = (row * info.filterWidth + place) * info.outChannels;
        for (let column = 0; column < info.outWidth; column += 1) {
          const inColumn = column * info.strideWidth + place * info.dilationWidth - info.padInfo.left;
          if (inColumn < 0 || inColumn >= info.inWidth) continue;
          const inAt = ((batch * info.inHeight + inRow) * info.inWidth + inColumn) * info.inChannels;
          const outAt = ((batch * info.outHeight + outRow) * info.outWidth + column) * info.outChannels;
          visit(inAt, outAt, filterAt);
        }
      }
    });
  }
}

/** Every output row, with the input row that a row of the filter sees from there when it is not in the padding. */
function eachOutputRow(
  info: ConvInfo,
  filterRow: number,
  visit: (batch: number, outRow: number, inRow: number) => void,
): void {
  for (let batch = 0; batch < info.batchSize; batch += 1) {
    for (let outRow = 0; outRow < info.outHeight; outRow += 1) {
      const inRow = outRow * info.strideHeight + filterRow * info.dilationHeight - info.padInfo.top;
      if (inRow >= 0 && inRow < info.inHeight) visit(batch, outRow, inRow);
    }
  }
}

function tensor4({ shape }: tf.TensorInfo): Shape4 {
  return shape as Shape4;
}
