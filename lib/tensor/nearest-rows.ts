import type { HostMatrix } from "./host.js";

/** Some rows of a matrix in some order; what ranks and searches calls row `i` is row `rows[i]` of the matrix. */
export interface RowSet {
  readonly matrix: HostMatrix;
  readonly rows: Int32Array;
}

/** Every row of a matrix in its own order. */
export function allRows(matrix: HostMatrix): RowSet {
  return { matrix, rows: upTo(matrix.rows) };
}

/** 0, 1, … `count` - 1. */
export function upTo(count: number): Int32Array {
  const numbers = new Int32Array(count);
  for (let index = 0; index < count; index += 1) numbers[index] = index;
  return numbers;
}

/** The first row with a number that is NaN or infinite, or null. */
export function firstNonFiniteRow({ data, size }: HostMatrix): number | null {
  // An infinity or a NaN minus itself is NaN.
  for (let at = 0; at < data.length; at += 1) if (data[at]! - data[at]! !== 0) return Math.floor(at / size);
  return null;
}

/** Numbers as runs `[from, to, from, to, …]`, ascending and disjoint, each without its `to`. */
export type Runs = Int32Array;

/** How many numbers the runs hold. */
export function runLength(runs: Runs): number {
  let length = 0;
  for (let at = 0; at < runs.length; at += 2) length += runs[at + 1]! - runs[at]!;
  return length;
}

/** Ascending distinct numbers as runs. */
export function toRuns(numbers: ArrayLike<number>): Runs {
  const runs: number[] = [];
  for (let at = 0; at < numbers.length; at += 1) {
    const number = numbers[at]!;
    if (runs.length > 0 && runs[runs.length - 1] === number) runs[runs.length - 1] = number + 1;
    else runs.push(number, number + 1);
  }
  return Int32Array.from(runs);
}
