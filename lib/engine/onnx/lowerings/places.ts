import type { OnnxBuilder, Operand } from "../builder.js";

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
