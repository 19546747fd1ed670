import type { OnnxBuilder, Operand } from "../builder.js";
import { binary, cast, reduce, reshape, transpose, unary } from "../operations.js";
import type { RowsAndGroups } from "./rows-by-matrix.js";
import { inBytes } from "./screened-blocks.js";

/** Rows that are compared first, and with one of how many columns. */
const SAMPLE = 16;
const EVERY = 8;
/** How much is rounded off both rows, in lengths of what is rounded off one. */
const BOTH = 2.5;

/** How many pairs of all rows may be the hardest after a look at bytes, judged by a few of the rows. A scalar. */
export function likelyPairs(g: OnnxBuilder, { rows, columns, groups, labels, counted }: RowsAndGroups): Operand {
  const [n] = rows.shape as [number];
  const m = Math.ceil((columns.shape[0] as number) / EVERY);
  const evenly = (count: number, length: number): Operand =>
    g.integers(Array.from({ length: count }, (_, at) => Math.floor((at * length) / count)));
  const taken = (x: Operand, places: Operand, count: number): Operand =>
    g.add("Gather", [x, places], { type: x.type, shape: [count, ...x.shape.slice(1)] }, { axis: 0n });
  const [someRows, someColumns] = [evenly(SAMPLE, n), evenly(m, columns.shape[0] as number)];
  const some = taken(rows, someRows, SAMPLE);
  const own = taken(groups, someRows, SAMPLE);
  const [others, otherLabels, otherCounted] = [columns, labels, counted].map((x) => taken(x, someColumns, m)) as [
    ...[Operand, Operand, Operand],
  ];
  // This way round the columns need not be arranged for the product; the runtime would turn a Gemm.
  const similar = g.add("MatMul", [others, transpose(g, some, [1, 0])], { type: "float32", shape: [m, SAMPLE] });
  const products = transpose(g, similar, [1, 0]);
  const margin = binary(g, "Mul", reshape(g, inBytes(g, some).off, [SAMPLE, 1]), g.scalar(BOTH));
  const same = binary(g, "Equal", reshape(g, own, [SAMPLE, 1]), reshape(g, otherLabels, [1, m]), "bool");
  const different = binary(g, "Sub", reshape(g, otherCounted, [1, m]), cast(g, same, "float32"));
  const sides = [
    [products, different],
    [unary(g, "Neg", products), cast(g, same, "float32")],
  ] as const;
  const [negatives, positives] = sides.map(([similarity, mask]) => {
    // What is in the mask is 4 above all others.
    const apart = binary(g, "Add", similarity, binary(g, "Mul", mask, g.scalar(4)));
    const best = binary(g, "Max", reduce(g, "ReduceMax", apart, [1], true), g.scalar(2.5));
    const close = g.add("GreaterOrEqual", [apart, binary(g, "Sub", best, margin)], {
      type: "bool",
      shape: [SAMPLE, m],
    });
    return reduce(g, "ReduceSum", cast(g, close, "float32"), [0, 1], false);
  }) as [Operand, Operand];
  return binary(g, "Mul", binary(g, "Add", negatives, positives), g.scalar((n / SAMPLE) * EVERY));
}
