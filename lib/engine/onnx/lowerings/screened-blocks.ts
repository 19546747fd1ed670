import type { OnnxBuilder, Operand } from "../builder.js";
import { binary, cast, concat, reduce, reshape, transpose, unary, where } from "../operations.js";
import { subgraph } from "../subgraph.js";
import type { RowsAndGroups } from "./rows-by-matrix.js";

/** Columns of which the largest number is known at first. */
export const WINDOW = 20;
/** Columns that are compared at a time: so many that the matrix of a block stays in the processor's own cache. */
const BLOCK = 500;
/** The largest byte of a row. */
const LARGEST = 127;

/** Sizes of a search. */
export interface Layout {
  readonly n: number;
  readonly d: number;
  readonly m: number;
  readonly block: number;
  /** In a block. */
  readonly windows: number;
}

/** Columns in a block: a divisor, so that blocks need no copy. */
export function blockLength(m: number): number {
  const away = (length: number): number => Math.abs(Math.log(length / BLOCK));
  let best = m;
  for (let count = 1; count * count <= m; count += 1) {
    if (m % count !== 0) continue;
    for (const length of [count, m / count]) if (away(length) < away(best)) best = length;
  }
  return best;
}

/** Rows as bytes. */
export interface InBytes {
  /** `[d, n]` int8, and `[n]`, what one step of each row is. */
  readonly bytes: Operand;
  readonly step: Operand;
  /** `[n]`, the length of what was rounded off. */
  readonly off: Operand;
  /** `[n]`, the sum of what the numbers of a rounded row are without their signs. */
  readonly sum: Operand;
}

export function inBytes(g: OnnxBuilder, rows: Operand): InBytes {
  const [n] = rows.shape as [number];
  const largest = binary(g, "Max", reduce(g, "ReduceMax", unary(g, "Abs", rows), [1], true), g.scalar(1e-30));
  const step = binary(g, "Mul", largest, g.scalar(1 / LARGEST));
  const rounded = unary(g, "Round", binary(g, "Div", rows, step));
  const back = binary(g, "Mul", rounded, step);
  const length = (x: Operand): Operand =>
    g.add("ReduceL2", [x], { type: "float32", shape: [n] }, { axes: [1n], keepdims: 0n });
  const bytes = cast(g, rounded, "int8");
  return {
    bytes: transpose(g, bytes, [1, 0]),
    step: reshape(g, step, [n]),
    off: length(binary(g, "Sub", rows, back)),
    sum: reduce(g, "ReduceSum", unary(g, "Abs", back), [1], false),
  };
}

/**
 * Block by block of columns: `[m, n]` numbers, an eighth of the similarity, less 1 for what is in one group and less 1/2 for what does not
 * count; the largest of each window of them, and of their negations, `[2n, windows]`; and `[1]`, the most that was rounded off a number of a column.
 */
export function scanned(
  g: OnnxBuilder,
  { columns, groups, labels, counted }: RowsAndGroups,
  { bytes, step }: InBytes,
  { n, d, m, block, windows }: Layout,
): { readonly apart: Operand; readonly table: Operand; readonly worst: Operand } {
  const blocks = m / block;
  const uncounted = binary(g, "Mul", binary(g, "Sub", g.scalar(1), counted), g.scalar(1 / 2));
  const zero = g.constant(Int8Array.of(0), "int8", []);
  const body = subgraph(g, `${uncounted.name}/block`, {
    given: [
      { type: "float32", shape: [block, d] },
      { type: "float32", shape: [block, 1] },
      { type: "float32", shape: [block, 1] },
    ],
    shared: [bytes, step, zero, groups],
    write: (inner, own, same) => oneBlock(inner, { block, d, n, windows }, [...own, ...same]),
  });
  const scans = [
    reshape(g, columns, [blocks, block, d]),
    reshape(g, labels, [blocks, block, 1]),
    reshape(g, uncounted, [blocks, block, 1]),
  ];
  const [apart, both, columnSteps, sums] = g.addAll(
    "Scan",
    [...scans, bytes, step, zero, groups],
    [
      { type: "float32", shape: [blocks, block, n] },
      { type: "float32", shape: [blocks, 1, 1, windows, 2 * n] },
      { type: "float32", shape: [blocks] },
      { type: "float32", shape: [blocks] },
    ],
    { body: { graph: body }, num_scan_inputs: 3n },
  ) as [Operand, Operand, Operand, Operand];
  return {
    apart: reshape(g, apart, [m * n]),
    table: transpose(g, reshape(g, both, [blocks * windows, 2 * n]), [1, 0]),
    worst: greatestOff(g, columnSteps, sums),
  };
}

function oneBlock(
  g: OnnxBuilder,
  { block, d, n, windows }: Pick<Layout, "block" | "d" | "n" | "windows">,
  [columns, labels, uncounted, bytes, step, zero, groups]: readonly Operand[],
): readonly Operand[] {
  const scalar = { type: "float32", shape: [] } as const;
  const [small, columnStep, columnZero] = g.addAll(
    "DynamicQuantizeLinear",
    [columns as Operand],
    [{ type: "uint8", shape: [block, d] }, scalar, { type: "uint8", shape: [] }],
  ) as [Operand, Operand, Operand];
  const matrix = { type: "float32", shape: [block, n] } as const;
  const eighth = binary(g, "Mul", columnStep, g.scalar(1 / 8));
  const near = g.addMicrosoft(
    "MatMulIntegerToFloat",
    [small, bytes as Operand, eighth, step as Operand, columnZero, zero as Operand],
    matrix,
  );
  const same = binary(g, "Equal", labels as Operand, reshape(g, groups as Operand, [1, n]), "bool");
  const apart = binary(g, "Sub", binary(g, "Sub", near, cast(g, same, "float32")), uncounted as Operand);
  const image = reshape(g, apart, [1, 1, block, n]);
  const window = { kernel_shape: [BigInt(WINDOW), 1n], strides: [BigInt(WINDOW), 1n], ceil_mode: 1n };
  const pooled = { type: "float32", shape: [1, 1, windows, n] } as const;
  const both = [image, unary(g, "Neg", image)].map((x) => g.add("MaxPool", [x], pooled, window));
  return [apart, concat(g, both, 3), columnStep, reduce(g, "ReduceSum", columns as Operand, [0, 1], false)];
}

/** `[1]`, what may have been rounded off a number at most; NaN when one is not finite. */
function greatestOff(g: OnnxBuilder, steps: Operand, sums: Operand): Operand {
  // The runtime takes 1 for the step of a block of zeros; of rows no longer than 1 it is far smaller.
  const isEmpty = binary(g, "Equal", steps, g.scalar(1), "bool");
  const half = where(g, isEmpty, g.scalar(0), binary(g, "Mul", steps, g.scalar(1 / 2)));
  // The largest of some numbers may leave out what is not a number, their sum does not.
  const finite = binary(g, "Mul", reduce(g, "ReduceSum", sums, [0], true), g.scalar(0));
  return binary(g, "Add", reduce(g, "ReduceMax", half, [0], true), finite);
}
