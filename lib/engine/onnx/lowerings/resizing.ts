import type { OnnxBuilder, Operand } from "../builder.js";
import { input, shapeOf, type KernelCall, type Lowering, type Lowerings } from "../lowering.js";
import { reshape, sizeOf } from "../operations.js";

/** Resizing with its gradients. Images are `[n, height, width, channels]`. */
export const resizingLowerings: Lowerings = {
  ResizeNearestNeighbor: resize(nearest),
  ResizeBilinear: resize(bilinear),
  ResizeNearestNeighborGrad: resizeGradient(nearest),
  ResizeBilinearGrad: resizeGradient(bilinear),
};

/** Which numbers of a row of `from` make the number at `position` of a row of `to`, with their weights. */
type Interpolation = (
  position: number,
  ratio: Ratio,
  from: number,
) => readonly (readonly [source: number, weight: number])[];

/** How positions of the result are positions of the image. */
interface Ratio {
  readonly scale: number;
  readonly aligned: boolean;
  readonly halfPixels: boolean;
}

/** Each axis by a matrix, which is exact and as fast as anything for the sizes that networks have. */
function resize(interpolation: Interpolation): Lowering {
  return (g, call) => {
    const x = input(call, 0);
    const [, height, width] = shapeOf(call) as [number, number, number, number];
    const rows = multiply(g, matrix(call, interpolation, x.shape[1] as number, height, false), x, 1);
    return multiply(g, matrix(call, interpolation, x.shape[2] as number, width, false), rows, 2);
  };
}

/** The way back is the way there with each matrix transposed. */
function resizeGradient(interpolation: Interpolation): Lowering {
  return (g, call) => {
    const dy = input(call, 1);
    const [, height, width] = shapeOf(call) as [number, number, number, number];
    const rows = multiply(g, matrix(call, interpolation, height, dy.shape[1] as number, true), dy, 1);
    return multiply(g, matrix(call, interpolation, width, dy.shape[2] as number, true), rows, 2);
  };
}

/** Rows of numbers: `[to, from]`, or transposed. */
interface Matrix {
  readonly data: Float32Array;
  readonly shape: readonly [number, number];
}

function matrix(
  { attributes }: KernelCall,
  interpolation: Interpolation,
  from: number,
  to: number,
  transposed: boolean,
): Matrix {
  const aligned = attributes["alignCorners"] === true && to > 1;
  const scale = aligned ? (from - 1) / (to - 1) : from / to;
  const data = new Float32Array(to * from);
  for (let position = 0; position < to; position += 1) {
    const ratio = {
      scale,
      aligned: attributes["alignCorners"] === true,
      halfPixels: attributes["halfPixelCenters"] === true,
    };
    for (const [source, weight] of interpolation(position, ratio, from)) {
      const at = transposed ? source * to + position : position * from + source;
      data[at] = (data[at] as number) + weight;
    }
  }
  return { data, shape: transposed ? [from, to] : [to, from] };
}

function nearest(position: number, { scale, aligned, halfPixels }: Ratio, from: number): ReturnType<Interpolation> {
  const source = scale * (halfPixels ? position + 0.5 : position);
  return [[Math.min(from - 1, aligned ? Math.round(source) : Math.floor(source)), 1]];
}

function bilinear(position: number, { scale, halfPixels }: Ratio, from: number): ReturnType<Interpolation> {
  const source = Math.max(0, halfPixels ? scale * (position + 0.5) - 0.5 : scale * position);
  const below = Math.floor(source);
  return [
    [below, 1 - (source - below)],
    [Math.min(from - 1, Math.ceil(source)), source - below],
  ];
}

/** The matrix times every column of numbers along an axis. */
function multiply(g: OnnxBuilder, { data, shape: [to, from] }: Matrix, x: Operand, axis: number): Operand {
  const before = x.shape.slice(0, axis);
  const after = x.shape.slice(axis + 1);
  const columns = reshape(g, x, [sizeOf(before), from, sizeOf(after)]);
  const factor = g.constant(data, "float32", [to, from]);
  const result = { type: "float32", shape: [sizeOf(before), to, sizeOf(after)] } as const;
  return reshape(g, g.add("MatMul", [factor, columns], result), [...before, to, ...after]);
}
