import * as tf from "../../../tensor/tf.js";
import type { OnnxBuilder, Operand } from "../builder.js";
import { input, numberOf, numbersOf, shapeOf, type Lowerings } from "../lowering.js";
import { binary, reshape, slice, transpose, where } from "../operations.js";

/** Kernels that move blocks of images, and the diagonal matrix. */
export const blockLowerings: Lowerings = {
  FlipLeftRight: (g, call) => {
    const x = input(call, 0);
    const width = x.shape[2] as number;
    const last = x.shape.map((_, axis) => (axis === 2 ? width - 1 : 0));
    const beforeFirst = x.shape.map((length, axis) => (axis === 2 ? -width - 1 : length));
    return slice(g, x, last, beforeFirst, x.shape, [1, 1, -1, 1]);
  },
  DepthToSpace: (g, call) => {
    const [rows, height, width] = input(call, 0).shape as [number, number, number, number];
    const block = numberOf(call, "blockSize");
    const channels = shapeOf(call)[3] as number;
    const blocks = reshape(g, input(call, 0), [rows, height, width, block, block, channels]);
    return reshape(g, transpose(g, blocks, [0, 1, 3, 2, 4, 5]), shapeOf(call));
  },
  SpaceToBatchND: (g, call) => {
    const block = [...numbersOf(call, "blockShape")];
    const size = tf.util.sizeFromShape(block);
    const padded = padZeros(g, input(call, 0), call.attributes["paddings"] as readonly (readonly [number, number])[]);
    const { getReshaped, getPermuted } = tf.backend_util;
    const split = reshape(g, padded, getReshaped([...padded.shape], block, size, false));
    return reshape(g, transpose(g, split, getPermuted(split.shape.length, block.length, false)), shapeOf(call));
  },
  BatchToSpaceND: (g, call) => {
    const x = input(call, 0);
    const block = [...numbersOf(call, "blockShape")];
    const size = tf.util.sizeFromShape(block);
    const { getReshaped, getPermuted, getReshapedPermuted } = tf.backend_util;
    const split = reshape(g, x, getReshaped([...x.shape], block, size));
    const whole = reshape(
      g,
      transpose(g, split, getPermuted(split.shape.length, block.length)),
      getReshapedPermuted([...x.shape], block, size),
    );
    const crops = call.attributes["crops"] as readonly (readonly [number, number])[];
    const shape = shapeOf(call);
    const begin = shape.map((_, axis) => crops[axis - 1]?.[0] ?? 0);
    const end = begin.map((start, axis) => start + (shape[axis] as number));
    return slice(g, whole, begin, end, shape);
  },
  Diag: (g, call) => {
    const x = input(call, 0);
    const size = tf.util.sizeFromShape([...x.shape]);
    const places = g.constant(
      Int32Array.from({ length: size }, (_, at) => at),
      "int32",
      [size],
    );
    const diagonal = binary(g, "Equal", reshape(g, places, [size, 1]), places, "bool");
    return reshape(g, where(g, diagonal, reshape(g, x, [size, 1]), g.scalar(0, x.type)), shapeOf(call));
  },
};

/** Zeros round every axis but the first. */
function padZeros(
  g: OnnxBuilder,
  x: Operand,
  paddings: readonly (readonly [before: number, after: number])[],
): Operand {
  const of = (side: 0 | 1): number[] => x.shape.map((_, axis) => paddings[axis - 1]?.[side] ?? 0);
  const [before, after] = [of(0), of(1)];
  if ([...before, ...after].every((length) => length === 0)) return x;
  const shape = x.shape.map((length, axis) => length + (before[axis] as number) + (after[axis] as number));
  return g.add("Pad", [x, g.integers([...before, ...after]), g.scalar(0, x.type)], { type: x.type, shape });
}
