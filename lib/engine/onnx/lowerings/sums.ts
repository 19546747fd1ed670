import type { OnnxBuilder, Operand } from "../builder.js";
import { binary, reduce, reshape, sizeOf } from "../operations.js";

/** Columns from which a product sums them faster. */
const COLUMNS = 4;

/** Adds up along axes; squares as they are added, without a tensor of them. */
export function sum(g: OnnxBuilder, x: Operand, axes: readonly number[], keepDimensions: boolean): Operand {
  const sums = columnSums(g, x, axes, keepDimensions);
  if (sums !== null) return sums;
  const { shape, type } = x;
  const root = g.portable || axes.length === 0 || axes.length < shape.length ? null : squared(g, x);
  if (root === null) return reduce(g, "ReduceSum", x, axes, keepDimensions);
  const settings = { axes: shape.map((_, axis) => BigInt(axis)), keepdims: 0n };
  const one = g.add("ReduceSumSquare", [root], { type, shape: [] }, settings);
  return reshape(g, one, keptShape(x, axes, keepDimensions));
}

/** The mean along axes. */
export function mean(g: OnnxBuilder, x: Operand, axes: readonly number[], keepDimensions: boolean): Operand {
  const sums = columnSums(g, x, axes, keepDimensions);
  if (sums === null) return reduce(g, "ReduceMean", x, axes, keepDimensions);
  return binary(g, "Div", sums, g.scalar(sizeOf(axes.map((axis) => x.shape[axis] as number))));
}

/**
 * Sums of columns as the product `1ᵀX`, two to eight times as fast as `ReduceSum`, which two threads make slower, and with half of its
 * rounding. Null along other axes.
 */
function columnSums(g: OnnxBuilder, x: Operand, axes: readonly number[], keepDimensions: boolean): Operand | null {
  const { shape, type } = x;
  const leading = axes.length > 0 && axes.length < shape.length && axes.every((axis) => axis < axes.length);
  if (g.portable || type !== "float32" || !leading || sizeOf(shape) === 0) return null;
  const [rows, columns] = [sizeOf(shape.slice(0, axes.length)), sizeOf(shape.slice(axes.length))];
  if (rows === 1 || (columns < COLUMNS && !g.anySize)) return null;
  const ones = g.splat(1, type, [1, rows]);
  const sums = g.add("Gemm", [ones, reshape(g, x, [rows, columns])], { type, shape: [1, columns] });
  return reshape(g, sums, keptShape(x, axes, keepDimensions));
}

function keptShape({ shape }: Operand, axes: readonly number[], keepDimensions: boolean): readonly number[] {
  return shape.flatMap((length, axis) => (!axes.includes(axis) ? [length] : keepDimensions ? [1] : []));
}

/** What a tensor of floating-point numbers is the square of; null when it is something else. */
function squared(g: OnnxBuilder, x: Operand): Operand | null {
  const made = g.nodes.find(({ outputs }) => outputs.includes(x.name));
  const [left, right] = made?.inputs ?? [];
  const isSquare = made?.operator === "Mul" && left === right && left !== undefined;
  return isSquare && x.type === "float32" && sizeOf(x.shape) > 0 ? { ...x, name: left } : null;
}
