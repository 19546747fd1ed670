import type { HostMatrix } from "./host.js";
import { RankCounts, type RankDepth } from "./nearest-counts.js";
import type { RankProfile } from "./nearest-profile.js";

/** Ascending columns for each row: those of row i are `columns[starts[i]]` up to `columns[ends[i]]`. Rows may share columns. */
export interface ColumnLists {
  readonly columns: Int32Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Who looks for whom among the rows and columns of a square matrix. */
export interface KnownRanking {
  /** Columns that should be found, but never the one with the row's own number if `withoutOwn`. */
  readonly relevant: ColumnLists;
  readonly withoutOwn: boolean;
  /** Columns that do not count as others; the relevant ones are among them. */
  readonly skipped: ColumnLists;
  readonly depth: (relevant: number) => RankDepth;
}

/**
 * Ranks the relevant columns of each row among all columns, larger numbers first, and shows the profile of each row that has any; see
 * `rankRelevant`, which computes the numbers itself.
 */
export function rankKnown(
  { data, rows, size }: HostMatrix,
  { relevant, withoutOwn, skipped, depth }: KnownRanking,
  visit: (profile: RankProfile) => void,
): void {
  const { columns, starts, ends } = relevant;
  const own = withoutOwn ? 1 : 0;
  let levels = 0;
  const depths = new Map<number, RankDepth>();
  for (let row = 0; row < rows; row += 1) {
    const count = ends[row]! - starts[row]! - own;
    let found = depths.get(count);
    if (found === undefined) depths.set(count, (found = depth(count)));
    levels += Math.max(0, Math.min(count, found.cutoff));
  }
  const counts = new RankCounts(rows, Math.max(1, levels), false);
  let scores = new Float64Array(0);
  for (let row = 0; row < rows; row += 1) {
    const count = ends[row]! - starts[row]! - own;
    // Nothing is left in it of the row before, and rows often have as many as that.
    if (scores.length !== Math.max(0, count)) scores = new Float64Array(Math.max(0, count));
    for (let at = starts[row]!, to = 0; at < ends[row]! && to < count; at += 1) {
      const column = columns[at]!;
      if (!withoutOwn || column !== row) scores[to++] = data[row * size + column]!;
    }
    counts.add(scores, null, depths.get(count)!);
    if (count <= 0) continue;
    countOthers(data, row, size, skipped, counts);
    visit(counts.profile(row, row));
  }
}

function countOthers(data: Float32Array, row: number, size: number, skipped: ColumnLists, counts: RankCounts): void {
  let from = row * size;
  for (let at = skipped.starts[row]!; at < skipped.ends[row]!; at += 1) {
    const to = row * size + skipped.columns[at]!;
    countRun(data, row, from, to, counts);
    from = to + 1;
  }
  countRun(data, row, from, (row + 1) * size, counts);
}

function countRun(data: Float32Array, row: number, from: number, to: number, counts: RankCounts): void {
  let floor = counts.floors[row]!;
  // An infinite floor: enough are better already.
  for (let at = from; at < to && floor < Infinity; at += 1) {
    at = firstAbove(data, floor, at, to);
    if (at < to) floor = counts.count(row, data[at]!);
  }
}

/** The next place whose number is not below the floor, as NaN is not; eight at a time, because most of them are. */
function firstAbove(data: Float32Array, floor: number, from: number, to: number): number {
  let at = from;
  for (; at + 8 <= to; at += 8) {
    const below =
      data[at]! < floor &&
      data[at + 1]! < floor &&
      data[at + 2]! < floor &&
      data[at + 3]! < floor &&
      data[at + 4]! < floor &&
      data[at + 5]! < floor &&
      data[at + 6]! < floor &&
      data[at + 7]! < floor;
    if (!below) break;
  }
  while (at < to && data[at]! < floor) at += 1;
  return at;
}
