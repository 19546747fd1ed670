import type { OnnxBuilder, Operand } from "../builder.js";
import { reduce, reshape, sizeOf } from "../operations.js";

/** Columns from which a product sums them faster. */
const COLUMNS = 4;

/**
 * Adds up along axes, in the form that ONNX Runtime is fastest at: `1ᵀX` for sums of columns, two to eight times as fast as `ReduceSum`, which
 * two threads make slower; and squares as they are added, without a tensor of them.
 */
export function sum(g: OnnxBuilder, x: Operand, axes: readonly number[], keepDimensions: boolean): Operand {
  const { shape, type } = x;
  const plain = (): Operand => reduce(g, "ReduceSum", x, axes, keepDimensions);
  if (g.portable || type !== "float32" || axes.length === 0 || sizeOf(shape) === 0) return plain();
  const kept = shape.flatMap((length, axis) => (!axes.includes(axis) ? [length] : keepDimensions ? [1] : []));
  if (axes.length === shape.length) {
    const root = squared(g, x);
    const settings = { axes: root?.shape.map((_, axis) => BigInt(axis)) ?? [], keepdims: 0n };
    return root === null ? plain() : reshape(g, g.add("ReduceSumSquare", [root], { type, shape: [] }, settings), kept);
  }
  const [rows, columns] = [sizeOf(shape.slice(0, axes.length)), sizeOf(shape.slice(axes.length))];
  const leading = axes.every((axis) => axis < axes.length);
  if (!leading || rows === 1 || (columns < COLUMNS && !g.anySize)) return plain();
  const ones = g.splat(1, type, [1, rows]);
  const sums = g.add("Gemm", [ones, reshape(g, x, [rows, columns])], { type, shape: [1, columns] });
  return reshape(g, sums, kept);
}

/** What a tensor is the square of; null when it is something else. */
function squared(g: OnnxBuilder, x: Operand): Operand | null {
  const made = g.nodes.find(({ outputs }) => outputs.includes(x.name));
  const [left, right] = made?.inputs ?? [];
  return made?.operator === "Mul" && left === right && left !== undefined ? { ...x, name: left } : null;
}
