import type { HostMatrix } from "./host.js";
import { RankCounts, type RankDepth } from "./nearest-counts.js";
import type { RankProfile } from "./nearest-profile.js";

/** Who looks for whom among the rows and columns of a matrix. */
export interface KnownRanking {
  /** Columns that should be found, ascending. */
  readonly relevant: (row: number) => Int32Array;
  /** Columns that do not count as others, ascending; the relevant ones are among them. */
  readonly skipped: (row: number) => Int32Array;
  readonly depth: (relevant: number) => RankDepth;
}

/**
 * Ranks the relevant columns of each row among all columns, larger numbers first, and shows the profile of each row that has any; see
 * `rankRelevant`, which computes the numbers itself.
 */
export function rankKnown(
  { data, rows, size }: HostMatrix,
  { relevant, skipped, depth }: KnownRanking,
  visit: (profile: RankProfile) => void,
): void {
  const wanted = Array.from({ length: rows }, (_, row) => relevant(row));
  const depths = wanted.map(({ length }) => depth(length));
  const levels = wanted.reduce((sum, { length }, row) => sum + Math.min(length, depths[row]!.cutoff), 0);
  const counts = new RankCounts(rows, Math.max(1, levels), false);
  wanted.forEach((columns, row) => {
    const scores = Float64Array.from(columns, (column) => data[row * size + column]!);
    counts.add(scores, null, depths[row]!);
  });
  for (let row = 0; row < rows; row += 1) {
    if (wanted[row]!.length === 0) continue;
    countOthers(data, row, size, skipped(row), counts);
    visit(counts.profile(row, row));
  }
}

function countOthers(data: Float32Array, row: number, size: number, skipped: Int32Array, counts: RankCounts): void {
  let from = row * size;
  for (let at = 0; at < skipped.length; at += 1) {
    const to = row * size + skipped[at]!;
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
