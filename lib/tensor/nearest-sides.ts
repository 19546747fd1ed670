import type { HostMatrix } from "./host.js";
import { allRows, type RowSet } from "./nearest-rows.js";
import type * as tf from "./tf.js";

/** What is asked of a distance to find nearest rows by it; `Distance` has it. */
export interface Comparison {
  matrix(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D;
  pairs(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor1D;
  asInnerProduct(): { readonly normalize: boolean; readonly subtractHalfSquaredNorm: boolean } | null;
}

/** A row shorter than the root of this has no direction. */
const SHORTEST_SQUARED = 1e-30;
/** Rows that are transposed together, so that what is written lies together. */
const TOGETHER = 16;

/** Rows with what is done to them before they are multiplied. */
export interface Side {
  readonly set: RowSet;
  /** Subtracted from each row. */
  readonly center: Float64Array | null;
  /** Multiplied with each row, by place in the set. */
  readonly scales: Float64Array | null;
}

/** Candidates with everything that a distance asks of them alone, so that searches of the same rows need not work it out again. */
export interface Candidates extends Side {
  /** Subtracted from the product of a query with each. */
  readonly offsets: Float64Array;
}

/** Rows are normalized or moved near their mean as the distance allows. They must not change while they are searched. */
export function prepareCandidates(comparison: Comparison, set: RowSet): Candidates {
  const { normalize = false, subtractHalfSquaredNorm = false } = comparison.asInnerProduct() ?? {};
  const center = subtractHalfSquaredNorm && !normalize ? roundedMean(set.matrix) : null;
  const side = { set, center, scales: normalize ? inverseLengths(set) : null };
  return { ...side, offsets: subtractHalfSquaredNorm ? halfSquaredLengths(side) : new Float64Array(set.rows.length) };
}

/** The same of every row of a matrix. */
export function prepareMatrix(comparison: Comparison, matrix: HostMatrix): Candidates {
  return prepareCandidates(comparison, allRows(matrix));
}

/** Queries as they are compared with candidates. */
export function sideOfQueries(queries: RowSet, candidates: Candidates): Side {
  if (queries === candidates.set) return candidates;
  const { center, scales } = candidates;
  return { set: queries, center, scales: scales === null ? null : inverseLengths(queries) };
}

/** `[places.length, size]` */
export function gather({ set: { matrix, rows }, center, scales }: Side, places: Int32Array): Float32Array {
  const { data, size } = matrix;
  const result = new Float32Array(places.length * size);
  for (let index = 0; index < places.length; index += 1) {
    const place = places[index]!;
    const from = rows[place]! * size;
    const to = index * size;
    if (center === null && scales === null) {
      result.set(data.subarray(from, from + size), to);
      continue;
    }
    const scale = scales === null ? 1 : scales[place]!;
    for (let at = 0; at < size; at += 1) {
      result[to + at] = (data[from + at]! - (center === null ? 0 : center[at]!)) * scale;
    }
  }
  return result;
}

/** `[size, places.length]` */
export function gatherTransposed({ set: { matrix, rows }, center, scales }: Side, places: Int32Array): Float32Array {
  const { data, size } = matrix;
  const count = places.length;
  const result = new Float32Array(count * size);
  for (let start = 0; start < count; start += TOGETHER) {
    const end = Math.min(count, start + TOGETHER);
    for (let at = 0; at < size; at += 1) {
      const moved = center === null ? 0 : center[at]!;
      for (let index = start; index < end; index += 1) {
        const place = places[index]!;
        const value = data[rows[place]! * size + at]! - moved;
        result[at * count + index] = scales === null ? value : value * scales[place]!;
      }
    }
  }
  return result;
}

/**
 * A row near the mean. It is rounded to a power of two near the deviation of each column, so that numbers with few digits keep few
 * digits, and what is equally distant stays so.
 */
function roundedMean({ data, rows, size }: HostMatrix): Float64Array {
  const mean = new Float64Array(size);
  const variance = new Float64Array(size);
  forEachNumber((at, column) => (mean[column]! += data[at]! / rows));
  forEachNumber((at, column) => (variance[column]! += (data[at]! - mean[column]!) ** 2 / rows));
  return mean.map((value, column) => {
    const grid = 2 ** Math.floor(Math.log2(Math.sqrt(variance[column]!)));
    return grid > 0 ? Math.round(value / grid) * grid : value;
  });

  function forEachNumber(use: (at: number, column: number) => void): void {
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < size; column += 1) use(row * size + column, column);
    }
  }
}

/** 0 for a row without direction. */
function inverseLengths({ matrix: { data, size }, rows }: RowSet): Float64Array {
  return Float64Array.from(rows, (row) => {
    let squared = 0;
    for (let at = row * size; at < (row + 1) * size; at += 1) squared += data[at]! * data[at]!;
    return squared < SHORTEST_SQUARED ? 0 : 1 / Math.sqrt(squared);
  });
}

/** Of the rows as they are multiplied. */
function halfSquaredLengths({ set: { matrix, rows }, center, scales }: Side): Float64Array {
  const { data, size } = matrix;
  return Float64Array.from(rows, (row, place) => {
    let squared = 0;
    for (let at = 0; at < size; at += 1) {
      const value = Math.fround(
        (data[row * size + at]! - (center === null ? 0 : center[at]!)) * (scales === null ? 1 : scales[place]!),
      );
      squared += value * value;
    }
    return squared / 2;
  });
}
