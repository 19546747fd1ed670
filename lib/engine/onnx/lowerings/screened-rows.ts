import { dataOf, type OnnxBuilder, type Operand, type Result } from "../builder.js";
import { binary, cast, concat, reduce, reshape } from "../operations.js";
import { choose } from "../subgraph.js";
import { positionInRows } from "./extremes.js";
import { byMatrix, type HardestFound, type RowsAndGroups } from "./rows-by-matrix.js";
import { blockLength, inBytes, scanned, WINDOW, type Layout } from "./screened-blocks.js";
import { likelyPairs } from "./screened-sample.js";
import { among, compared, countsOf, dynamic, FAR, products } from "./screened-pairs.js";

/** Sizes below which the whole matrix costs no more. */
const WORTH = { rows: 128, columns: 4096, size: 64 } as const;
/** The same for pairs as they are judged by a sample, which finds too many rather than too few. */
const LIKELY_PAIR = 64;
/** Pairs that are compared exactly cost as much as so many of a matrix. */
const PAIR = 128;
/** What rounding of float32 adds to a bound. */
const ROUNDING = 1e-5;

/** Whether there are so many rows that bytes tell first which of them may be the hardest. */
export function isWorthScreening({ portable, anySize, bytes }: OnnxBuilder, { rows, columns }: RowsAndGroups): boolean {
  const [n, size] = rows.shape as [number, number];
  const [m] = columns.shape as [number];
  return bytes && !portable && !anySize && n >= WORTH.rows && m >= WORTH.columns && size >= WORTH.size;
}

/** What two sides, negatives and then positives, know of their rows; `2n` in all. */
interface Sides {
  /** int64: the row. */
  readonly row: Operand;
  /** 1 for negatives, of which the most similar is sought; -1 for positives. */
  readonly sign: Operand;
}

/**
 * Finds the hardest columns without all products in float32: those of vectors rounded to bytes, four times as fast, leave few columns
 * that may be the hardest, given how much was rounded off each vector (`|x·y - x'·y'| <= ‖x - x'‖ ‖y‖ + ‖x'‖₁ ‖y - y'‖∞`). These are compared
 * exactly. Where too many are left, as when all rows are alike, the whole matrix is computed after all.
 */
export function screened(g: OnnxBuilder, given: RowsAndGroups): HardestFound {
  const { rows, columns, groups, labels, counted } = given;
  const [n, m] = [rows.shape[0] as number, columns.shape[0] as number];
  const likely = binary(g, "Less", likelyPairs(g, given), g.scalar(Math.ceil((n * m) / LIKELY_PAIR)), "bool");
  const [places, flags] = choose(g, likely, [rows, columns, groups, labels, counted], resultsOf(n), {
    then: (inner, own) => search(inner, named(own)),
    otherwise: (inner, own) => whole(inner, own),
  }) as [Operand, Operand];
  const half = (x: Operand, at: 0 | 1): Operand =>
    g.add("Slice", [x, g.integers([at * n]), g.integers([at * n + n]), g.integers([0])], { type: x.type, shape: [n] });
  return {
    nearest: half(places, 0),
    farthest: half(places, 1),
    withNegative: half(flags, 0),
    withPositive: half(flags, 1),
  };
}

/** Nearest and then farthest columns, and which of them there are. */
function search(g: OnnxBuilder, given: RowsAndGroups): readonly Operand[] {
  const { rows, columns } = given;
  const [n, d] = rows.shape as [number, number];
  const [m] = columns.shape as [number];
  const block = blockLength(m);
  const layout = { n, d, m, block, windows: Math.ceil(block / WINDOW) };
  const small = inBytes(g, rows);
  const { apart, table, worst } = scanned(g, given, small, layout);
  const off = binary(g, "Add", small.off, binary(g, "Mul", small.sum, worst));
  const bound = binary(g, "Add", binary(g, "Mul", off, g.scalar(1.0001)), g.scalar(ROUNDING)); // [n]

  const sides: Sides = {
    row: g.constant(
      BigInt64Array.from({ length: 2 * n }, (_, side) => BigInt(side % n)),
      "int64",
      [2 * n],
    ),
    sign: halves(g, n, 1, -1),
  };
  const twice = concat(g, [rows, rows], 0);
  const { value: best, position: first } = positionInRows(g, table, "Max");
  // Numbers of what is sought are apart from all others: see `scanned`.
  const has = binary(g, "Greater", best, halves(g, n, -1 / 4, 3 / 4), "bool");
  const found = among(g, layout, apart, { ...sides, window: first });
  const place = g.add("ArgMax", [found.values], { type: "int64", shape: [2 * n, 1] }, { axis: 1n, keepdims: 1n });
  const column = reshape(
    g,
    g.add("GatherElements", [found.columns, place], { type: "int64", shape: [2 * n, 1] }, { axis: 1n }),
    [2 * n],
  );
  const exact = binary(g, "Mul", products(g, twice, columns, column), sides.sign);
  const bounds = concat(g, [bound, bound], 0);
  const shift = halves(g, n, 0, 1);
  const eighth = g.scalar(1 / 8);
  const least = binary(g, "Add", binary(g, "Mul", binary(g, "Sub", exact, bounds), eighth), shift);
  const threshold = g.add("Where", [has, least, g.scalar(FAR)], { type: "float32", shape: [2 * n] });
  const hits = g.add("NonZero", [atLeast(g, table, reshape(g, threshold, [2 * n, 1]))], dynamic(2, n * m));
  // A processor that cuts sums of bytes off would be found out here. NaN is not below anything.
  const most = binary(g, "Add", binary(g, "Mul", binary(g, "Add", exact, bounds), eighth), shift);
  const within = cast(g, binary(g, "And", atLeast(g, best, least), atLeast(g, most, best), "bool"), "float32");
  const believed = g.add("Where", [has, within, g.scalar(1)], { type: "float32", shape: [2 * n] });
  const sane = binary(
    g,
    "And",
    binary(g, "Less", reduce(g, "ReduceSum", bound, [0], false), g.scalar(n / 4), "bool"),
    binary(g, "Greater", reduce(g, "ReduceMin", believed, [0], false), g.scalar(0), "bool"),
    "bool",
  );
  const few = binary(g, "And", sane, isFew(g, hits, layout), "bool");
  const flags = cast(g, has, "float32");
  const { groups, labels, counted } = given;
  const shared = [
    ...[hits, threshold, apart, twice, sides.row, sides.sign, flags],
    ...[rows, columns, groups, labels, counted],
  ];
  return choose(g, few, shared, resultsOf(n), {
    then: (inner, own) => fewLeft(inner, layout, own),
    otherwise: (inner, own) => whole(inner, own.slice(7)),
  });
}

/** What is left after the first look, where that is little: the numbers of the windows, then those that may be the hardest exactly. */
function fewLeft(g: OnnxBuilder, layout: Layout, shared: readonly Operand[]): readonly Operand[] {
  const [hits, threshold, apart, twice, rows, signs] = shared as [
    ...[Operand, Operand, Operand, Operand, Operand, Operand],
  ];
  const most = hits.shape[1] as number;
  const line = (x: Operand, at: number): Operand =>
    g.add("Gather", [x, g.scalar(at, "int64")], { type: "int64", shape: [x.shape[1] as number] }, { axis: 0n });
  const [side, window] = [line(hits, 0), line(hits, 1)];
  const of = (x: Operand): Operand => g.add("Gather", [x, side], { type: x.type, shape: [most] }, { axis: 0n });
  const { values, columns } = among(g, layout, apart, { row: of(rows), sign: of(signs), window });
  const bound = g.add("Unsqueeze", [of(threshold), g.integers([1])], { type: "float32", shape: [most, 1] });
  const left = g.add("NonZero", [atLeast(g, values, bound)], dynamic(2, most));
  const { n, m } = layout;
  const own = g.add("Gather", [side, line(left, 0)], { type: "int64", shape: [left.shape[1] as number] }, { axis: 0n });
  const { counts, length } = countsOf(g, own, 2 * n);
  // A table of them must not be as large as the matrix.
  const even = binary(g, "Less", length, g.scalar(Math.ceil(m / WINDOW), "int64"), "bool");
  const inner = [left, own, counts, length, columns, twice, signs, ...shared.slice(6)];
  return choose(g, binary(g, "And", isFew(g, left, layout), even, "bool"), inner, resultsOf(n), {
    then: (exact, all) => compared(exact, layout, all),
    otherwise: (exact, all) => whole(exact, all.slice(8)),
  });
}

/** Of the whole matrix. */
function whole(g: OnnxBuilder, shared: readonly Operand[]): readonly Operand[] {
  const found = byMatrix(g, named(shared));
  return [concat(g, [found.nearest, found.farthest], 0), concat(g, [found.withNegative, found.withPositive], 0)];
}

function named(shared: readonly Operand[]): RowsAndGroups {
  const [rows, columns, groups, labels, counted] = shared as [Operand, Operand, Operand, Operand, Operand];
  return { rows, columns, groups, labels, counted };
}

function resultsOf(n: number): readonly Result[] {
  return [
    { type: "int64", shape: [2 * n] },
    { type: "float32", shape: [2 * n] },
  ];
}

/** Whether what `NonZero` found is little enough to be worth going through. */
function isFew(g: OnnxBuilder, found: Operand, { n, m }: Layout): Operand {
  const shape = g.add("Shape", [found], { type: "int64", shape: [2] });
  const count = g.add("Gather", [shape, g.scalar(1, "int64")], { type: "int64", shape: [] }, { axis: 0n });
  return binary(g, "Less", count, g.scalar(Math.ceil((n * m) / PAIR), "int64"), "bool");
}

function atLeast(g: OnnxBuilder, x: Operand, bound: Operand): Operand {
  return g.add("GreaterOrEqual", [x, bound], { type: "bool", shape: x.shape });
}

/** `[2n]`, one number for negatives and one for positives. */
function halves(g: OnnxBuilder, n: number, negatives: number, positives: number): Operand {
  const numbers = Array.from({ length: 2 * n }, (_, side) => (side < n ? negatives : positives));
  return g.constant(dataOf(numbers, "float32"), "float32", [2 * n]);
}
