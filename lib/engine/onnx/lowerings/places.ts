import type { OnnxBuilder, Operand } from "../builder.js";
import { cast } from "../operations.js";

/** Matrices of which the graph knows the largest shape there can be alone: those of the positives of rows, place by place. */

/** The transposed. */
export function turned(g: OnnxBuilder, x: Operand): Operand {
  return g.add("Transpose", [x], { type: x.type, shape: x.shape.toReversed() }, { perm: [1n, 0n] });
}

/** `[n] -> [n, 1]` */
export function upright(g: OnnxBuilder, row: Operand): Operand {
  return g.add("Unsqueeze", [row, g.integers([1])], { type: row.type, shape: [row.shape[0] as number, 1] });
}

/** A matrix with the numbers of another, `[k, n]`, at `columns`, `[n, k]`, of its rows. */
export function atPlaces(g: OnnxBuilder, elsewhere: Operand, columns: Operand, found: Operand): Operand {
  return g.add("ScatterElements", [elsewhere, columns, turned(g, found)], elsewhere, { axis: 1n });
}

/** A tensor of zeros, of the shape that this one has when the model runs. */
export function zerosLike(g: OnnxBuilder, x: Operand): Operand {
  const shape = g.add("Shape", [x], { type: "int64", shape: [x.shape.length] });
  return g.add("ConstantOfShape", [shape], x);
}

/** A matrix of the shape that this one has when the model runs, with the number of its column at every place. */
export function ownColumns(g: OnnxBuilder, x: Operand): Operand {
  const [, m] = x.shape as [number, number];
  const shape = g.add("Shape", [x], { type: "int64", shape: [2] });
  const width = g.add("Gather", [shape, g.scalar(1, "int64")], { type: "int64", shape: [] }, { axis: 0n });
  const numbers = g.add("Range", [g.scalar(0, "int64"), width, g.scalar(1, "int64")], { type: "int64", shape: [m] });
  return g.add("Expand", [cast(g, numbers, "float32"), shape], x);
}
