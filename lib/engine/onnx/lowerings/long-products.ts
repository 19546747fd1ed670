import type { OnnxBuilder, Operand } from "../builder.js";
import { reshape } from "../operations.js";

/** Rows from which a product `AᵀB` is worth computing in parts, and how many a part has about. */
const LONG = 3072;
const PART = 512;
/** Fewer columns fit into the cache together with all rows; of more columns the parts would be larger than what is multiplied. */
const COLUMNS = [256, 1024] as const;

/**
 * `AᵀB` of matrices with very many rows, as the sum of the products of parts of them; null for others. On one thread ONNX Runtime goes over all
 * of A for each 128 columns of B, which takes a tenth longer when that does not fit into the cache of the processor.
 */
export function longProduct(g: OnnxBuilder, a: Operand, b: Operand): Operand | null {
  const [rows = 0, columns = 0] = a.shape;
  const others = b.shape[1] as number;
  const fits = (width: number): boolean => width >= COLUMNS[0] && width <= COLUMNS[1];
  if (!g.oneThread || g.portable || g.accelerator || g.anySize || rows < LONG || !fits(columns) || !fits(others))
    return null;
  const parts = partsOf(rows);
  if (parts === 0) return null;
  const [left, right] = [a, b].map((x) => reshape(g, x, [parts, rows / parts, x.shape[1] as number])) as [
    Operand,
    Operand,
  ];
  const type = a.type;
  const products = g.addMicrosoft(
    "FusedMatMul",
    [left, right],
    { type, shape: [parts, columns, others] },
    { transA: 1n },
  );
  const flat = reshape(g, products, [parts, columns * others]);
  const sum = g.add("Gemm", [g.splat(1, type, [1, parts]), flat], { type, shape: [1, columns * others] });
  return reshape(g, sum, [columns, others]);
}

/** Of equal length, near the best one; 0 when there are none. */
function partsOf(rows: number): number {
  for (let parts = Math.floor(rows / PART); parts * PART * 2 >= rows; parts -= 1) if (rows % parts === 0) return parts;
  return 0;
}
