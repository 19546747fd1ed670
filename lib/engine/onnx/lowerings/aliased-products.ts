import type { OnnxBuilder, Operand } from "../builder.js";
import { slice } from "../operations.js";

/** Floats of a page: rows that begin whole pages apart take their turns in the same few places of the cache. */
const PAGE = 1024;
/** Columns that are multiplied apart, so that the other rows begin somewhere else. */
const APART = 16;
/** Rows and columns of the result from which the copy of the left factor pays. */
const ROWS = 256;
const COLUMNS = 256;

/**
 * `AB (+ bias)` of an A whose rows begin whole pages apart, as the sum of the products of nearly all of its columns, copied, and of the last
 * few; null for others. ONNX Runtime reads a dozen rows at once, which the nearest cache of the processor holds in eight places, so that
 * such products take a tenth longer.
 */
export function aliasedProduct(
  g: OnnxBuilder,
  a: Operand,
  b: Operand,
  bias: Operand | null,
  signs: Readonly<Record<string, number>>,
): Operand | null {
  const [rows = 0, inner = 0] = a.shape;
  const columns = b.shape[1] as number;
  if (g.portable || g.anySize || inner === 0 || inner % PAGE !== 0 || rows < ROWS || columns < COLUMNS) return null;
  const most = inner - APART;
  const type = a.type;
  const sizes = g.integers([most, APART]);
  const [left, lastLeft] = g.addAll(
    "Split",
    [a, sizes],
    [most, APART].map((width) => ({ type, shape: [rows, width] })),
    { axis: 1n },
  ) as [Operand, Operand];
  const right = slice(g, b, [0, 0], [most, columns], [most, columns]);
  const lastRight = slice(g, b, [most, 0], [inner, columns], [APART, columns]);
  const result = { type, shape: [rows, columns] };
  const few = g.add("Gemm", [lastLeft, lastRight, bias], result, signs);
  return g.add("Gemm", [left, right, few], result, { ...signs, beta: 1 });
}
