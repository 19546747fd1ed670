import type { OnnxBuilder, Operand } from "../builder.js";
import { binary, cast, reshape, unary } from "../operations.js";
import { positionInRows } from "./extremes.js";

/** The inputs of the kernel; groups are numbers. */
export interface RowsAndGroups {
  /** `[n, d]` and `[m, d]`, rows of length 1 or 0. */
  readonly rows: Operand;
  readonly columns: Operand;
  /** `[n]` and `[m]` */
  readonly groups: Operand;
  readonly labels: Operand;
  /** `[m]`, 1 where a column counts. */
  readonly counted: Operand;
}

/** What is found, `[n]` each. */
export interface HardestFound {
  /** int64 */
  readonly farthest: Operand;
  readonly nearest: Operand;
  /** 1 or 0 */
  readonly withPositive: Operand;
  readonly withNegative: Operand;
}

/** Of all products: those of positives are moved above everything else, those of negatives below. */
export function byMatrix(g: OnnxBuilder, { rows, columns, groups, labels, counted }: RowsAndGroups): HardestFound {
  const [n, m] = [rows.shape[0] as number, columns.shape[0] as number];
  const result = { type: "float32", shape: [n, m] } as const;
  // The least similar is the largest here.
  const products = g.add("Gemm", [rows, columns, counted], result, { transB: 1n, alpha: -1 / 6, beta: -1 / 2 });
  const same = binary(g, "Equal", reshape(g, groups, [n, 1]), reshape(g, labels, [1, m]), "bool");
  const apart = binary(g, "Add", products, cast(g, same, "float32"));
  // NaN counts as something.
  const beyond = (most: Operand, operator: "Less" | "Greater", bound: number): Operand =>
    cast(g, unary(g, "Not", binary(g, operator, most, g.scalar(bound), "bool")), "float32");
  const [far, near] = [positionInRows(g, apart, "Max"), positionInRows(g, apart, "Min")];
  return {
    farthest: far.position,
    nearest: near.position,
    withPositive: beyond(far.value, "Less", 1 / 4),
    withNegative: beyond(near.value, "Greater", -1 / 4),
  };
}
