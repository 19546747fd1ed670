import type { HostMatrix } from "../tensor/host.js";
import type { Nearest } from "../tensor/nearest-top.js";

/** Signs of rows: bit `at & 31` of word `at >> 5` says whether the number is above 0. */
export interface BitRows {
  readonly words: Uint32Array;
  /** Words of a row. */
  readonly width: number;
  readonly rows: number;
  readonly size: number;
}

export function toBits({ data, rows, size }: HostMatrix): BitRows {
  const width = Math.ceil(size / 32);
  const words = new Uint32Array(rows * width);
  for (let row = 0; row < rows; row += 1) {
    for (let at = 0; at < size; at += 1) {
      if (data[row * size + at]! > 0) words[row * width + (at >> 5)]! |= 1 << (at & 31);
    }
  }
  return { words, width, rows, size };
}

/**
 * The nearest rows of each query: `k * oversample` candidates with the fewest different bits, ordered by the cosine of the query's own
 * numbers and their signs. Of equal ones the earlier row wins.
 */
export function nearestByBits(bits: BitRows, queries: HostMatrix, k: number, oversample: number): Nearest {
  const { rows: total, size } = bits;
  const wanted = Math.min(total, k * oversample);
  const rows = new Int32Array(queries.rows * k);
  const distances = new Float32Array(queries.rows * k);
  const asked = toBits(queries);
  const apart = new Uint16Array(total);
  for (let query = 0; query < queries.rows; query += 1) {
    const candidates = fewestDifferent(bits, asked, query, apart, wanted);
    const vector = queries.data.subarray(query * size, (query + 1) * size);
    const scored = Array.from(candidates, (row) => ({ row, distance: 1 - cosineWithSigns(bits, row, vector) }));
    scored.sort((one, other) => one.distance - other.distance || one.row - other.row);
    for (let at = 0; at < k; at += 1) {
      rows[query * k + at] = scored[at]!.row;
      distances[query * k + at] = scored[at]!.distance;
    }
  }
  return { count: k, rows, distances };
}

function fewestDifferent(
  { words, width, rows, size }: BitRows,
  asked: BitRows,
  query: number,
  apart: Uint16Array,
  wanted: number,
): Int32Array {
  const histogram = new Int32Array(size + 1);
  for (let row = 0; row < rows; row += 1) {
    let different = 0;
    for (let at = 0; at < width; at += 1)
      different += bitCount(words[row * width + at]! ^ asked.words[query * width + at]!);
    apart[row] = different;
    histogram[different]! += 1;
  }
  let limit = 0;
  let within = histogram[0]!;
  while (within < wanted) {
    limit += 1;
    within += histogram[limit]!;
  }
  const beforeLimit = within - histogram[limit]!;
  let atLimit = wanted - beforeLimit;
  const found = new Int32Array(wanted);
  let place = 0;
  for (let row = 0; row < rows; row += 1) {
    if (apart[row]! > limit || (apart[row] === limit && atLimit-- <= 0)) continue;
    found[place++] = row;
  }
  return found;
}

function bitCount(word: number): number {
  let value = word - ((word >>> 1) & 0x55555555);
  value = (value & 0x33333333) + ((value >>> 2) & 0x33333333);
  return Math.imul((value + (value >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The query has length 1, signs have the root of their number. */
function cosineWithSigns({ words, width, size }: BitRows, row: number, vector: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < size; at += 1) {
    sum += (words[row * width + (at >> 5)]! >>> (at & 31)) & 1 ? vector[at]! : -vector[at]!;
  }
  return sum / Math.sqrt(size);
}
