import type { OnnxBuilder, Operand } from "../builder.js";

/** Floats of a page: rows that begin whole pages apart take their turns in the same few places of the cache. */
const PAGE = 1024;
/** Columns that are multiplied apart, so that the other rows begin somewhere else. */
const APART = 16;
/** Rows and columns of the result from which the copies of the factors pay. */
const LARGE = 256;

/** How a product is made: with `bᵀ`, and what it and what is added to it are multiplied with. */
interface ProductSettings {
  readonly transB?: bigint;
  readonly alpha?: number;
  readonly beta?: number;
}

/**
 * `AB (+ bias)` of an A whose rows begin whole pages apart, as the sum of the products of nearly all of its columns, copied, and of the last
 * few; null for others. ONNX Runtime reads a dozen rows at once, which the nearest cache of the processor holds in eight places, so that
 * such products take up to a tenth longer.
 */
export function aliasedProduct(
  g: OnnxBuilder,
  a: Operand,
  b: Operand,
  bias: Operand | null,
  settings: ProductSettings,
): Operand | null {
  const [rows = 0, inner = 0] = a.shape;
  const along = settings.transB === undefined ? 0 : 1;
  const columns = b.shape[1 - along] as number;
  if (g.portable || g.accelerator || g.anySize || inner === 0 || inner % PAGE !== 0 || rows < LARGE || columns < LARGE)
    return null;
  const parts = [inner - APART, APART];
  const sizes = g.integers(parts);
  const split = (x: Operand, axis: number): readonly Operand[] => {
    const results = parts.map((length) => ({ type: x.type, shape: x.shape.with(axis, length) }));
    return g.addAll("Split", [x, sizes], results, { axis: BigInt(axis) });
  };
  const [left, lastLeft] = split(a, 1) as [Operand, Operand];
  const [right, lastRight] = split(b, along) as [Operand, Operand];
  const result = { type: a.type, shape: [rows, columns] };
  const few = g.add("Gemm", [lastLeft, lastRight, bias], result, { ...settings });
  return g.add("Gemm", [left, right, few], result, { ...settings, beta: 1 });
}
