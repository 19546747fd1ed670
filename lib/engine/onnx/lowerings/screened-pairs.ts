import type { OnnxBuilder, Operand, Result } from "../builder.js";
import { binary, concat, reduce, reshape } from "../operations.js";
import { WINDOW, type Layout } from "./screened-blocks.js";

/** Above every number of a table. */
export const FAR = 9;

/** The numbers of some windows, of some sides each, and which columns they are of; `[windows, WINDOW]`. */
export function among(
  g: OnnxBuilder,
  { n, block, windows }: Layout,
  apart: Operand,
  { row, sign, window }: { readonly row: Operand; readonly sign: Operand; readonly window: Operand },
): { readonly values: Operand; readonly columns: Operand } {
  const count = window.shape[0] as number;
  const whole = (value: number): Operand => g.scalar(value, "int64");
  const upright = (x: Operand): Operand =>
    g.add("Unsqueeze", [x, g.integers([1])], { type: x.type, shape: [x.shape[0] as number, 1] });
  const number = binary(g, "Div", window, whole(windows));
  const within = binary(g, "Sub", window, binary(g, "Mul", number, whole(windows)));
  const steps = g.integers(Array.from({ length: WINDOW }, (_, at) => at));
  const places = binary(g, "Add", upright(binary(g, "Mul", within, whole(WINDOW))), steps);
  // The last window of a block may be shorter.
  const inBlock = block % WINDOW === 0 ? places : binary(g, "Min", places, whole(block - 1));
  const columns = binary(g, "Add", inBlock, upright(binary(g, "Mul", number, whole(block))));
  const at = binary(g, "Add", binary(g, "Mul", columns, whole(n)), upright(row));
  const taken = g.add("Gather", [apart, at], { type: "float32", shape: [count, WINDOW] }, { axis: 0n });
  return { values: binary(g, "Mul", taken, upright(sign)), columns };
}

/** How many pairs there are of each of so many sides, and of the side with the most, 1 or more. */
export function countsOf(
  g: OnnxBuilder,
  own: Operand,
  sides: number,
): { readonly counts: Operand; readonly length: Operand } {
  const none = g.splat(0, "int64", [sides]);
  const counts = g.add("ScatterElements", [none, own, ones(g, own)], none, { axis: 0n, reduction: "add" });
  const most = reduce(g, "ReduceMax", counts, [0], true);
  return { counts, length: g.add("Max", [most, g.integers([1])], { type: "int64", shape: [1] }) };
}

function ones(g: OnnxBuilder, like: Operand): Operand {
  return g.add("Expand", [g.scalar(1, "int64"), g.add("Shape", [like], { type: "int64", shape: [1] })], like);
}

/** The hardest of the pairs that are left, by their exact products: for each side a row of its pairs, in the order of their columns. */
export function compared(g: OnnxBuilder, { n }: Layout, shared: readonly Operand[]): readonly Operand[] {
  const [left, own, counts, length, columns, twice, signs, flags, , memory] = shared as [
    ...[Operand, Operand, Operand, Operand, Operand, Operand, Operand, Operand, Operand, Operand],
  ];
  const most = left.shape[1] as number;
  const pairs = { type: "int64", shape: [most] } as const;
  const column = g.add("GatherND", [columns, g.add("Transpose", [left], dynamic(most, 2))], pairs);
  const at = (x: Operand, shape: readonly number[]): Operand =>
    g.add("Gather", [x, own], { type: x.type, shape }, { axis: 0n });
  const vectors = at(twice, [most, twice.shape[1] as number]);
  const exact = binary(g, "Mul", products(g, vectors, memory, column), at(signs, [most]));

  const starts = g.add("CumSum", [counts, g.scalar(0, "int64")], counts, { exclusive: 1n });
  const places = g.add("CumSum", [ones(g, own), g.scalar(0, "int64")], pairs, { exclusive: 1n });
  const behind = binary(g, "Sub", places, at(starts, [most]));
  const to = binary(g, "Add", binary(g, "Mul", own, length), behind);
  const table = (empty: Operand, values: Operand): Operand => {
    const { type } = values;
    const size = g.add("Mul", [length, g.integers([2 * n])], { type: "int64", shape: [1] });
    const filled = g.add("Expand", [empty, size], { type, shape: [most] });
    const flat = g.add("ScatterElements", [filled, to, values], { type, shape: [most] }, { axis: 0n });
    const shape = concat(g, [g.integers([2 * n]), length], 0);
    return g.add("Reshape", [flat, shape], { type, shape: [2 * n, most] });
  };
  const best = g.add(
    "ArgMax",
    [table(g.scalar(-FAR), exact)],
    { type: "int64", shape: [2 * n, 1] },
    { axis: 1n, keepdims: 1n },
  );
  const chosen = g.add(
    "GatherElements",
    [table(g.scalar(0, "int64"), column), best],
    { type: "int64", shape: [2 * n, 1] },
    { axis: 1n },
  );
  return [reshape(g, chosen, [2 * n]), flags];
}

/** `[k]`, products of rows with the columns at these places. */
export function products(g: OnnxBuilder, rows: Operand, columns: Operand, places: Operand): Operand {
  const taken = g.add("Gather", [columns, places], { type: "float32", shape: rows.shape }, { axis: 0n });
  return g.add(
    "ReduceSum",
    [binary(g, "Mul", rows, taken), g.integers([1])],
    { type: "float32", shape: [rows.shape[0] as number] },
    { keepdims: 0n },
  );
}

/** Shape of what depends on the numbers: the largest there can be. */
export function dynamic(first: number, second: number): Result {
  return { type: "int64", shape: [first, second] };
}
