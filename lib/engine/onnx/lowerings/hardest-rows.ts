import type { OnnxBuilder, Operand } from "../builder.js";
import { input, shapeOf, type KernelCall, type Lowerings } from "../lowering.js";
import { cast, reshape } from "../operations.js";
import { byMatrix } from "./rows-by-matrix.js";
import { isWorthScreening, screened } from "./screened-rows.js";

/** Kernels that find the hardest among many rows. */
export const hardestRowsLowerings: Lowerings = {
  HardestRows: (g, call) => hardestRows(g, call),
};

function hardestRows(g: OnnxBuilder, call: KernelCall): readonly Operand[] {
  const [rows, columns, groups, labels, counted] = [0, 1, 2, 3, 4].map((at) => input(call, at)) as [
    ...[Operand, Operand, Operand, Operand, Operand],
  ];
  const given = { rows, columns, groups: cast(g, groups, "float32"), labels: cast(g, labels, "float32"), counted };
  const found = isWorthScreening(g, given) ? screened(g, given) : byMatrix(g, given);
  const shape = shapeOf(call);
  return [
    cast(g, reshape(g, found.farthest, shape), "int32"),
    cast(g, reshape(g, found.nearest, shape), "int32"),
    found.withPositive,
    found.withNegative,
  ];
}
