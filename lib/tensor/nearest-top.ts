import { DataError } from "../errors.js";
import { prepareBackend } from "./backend.js";
import { allRows, upTo, type RowSet } from "./nearest-rows.js";
import { Scores, type Comparison } from "./nearest-scores.js";
import type { HostMatrix } from "./host.js";
import * as tf from "./tf.js";

/** The nearest rows of each query, `count` for each, nearest first. */
export interface Nearest {
  readonly count: number;
  /** `[queries, count]`, row numbers. */
  readonly rows: Int32Array;
  /** `[queries, count]` */
  readonly distances: Float32Array;
}

/** How much is compared at once, against memory: what is found does not depend on it. */
export interface SearchChunks {
  /** Queries at a time. Default 1,024. */
  readonly queryChunk?: number;
  /** Vectors searched at a time, for each chunk of queries. Default 2,048. */
  readonly corpusChunk?: number;
}

/** The most neighbours kept at once. */
const KEPT = 1 << 22;
/** Numbers of one side when distances are computed again. */
const AGAIN = 1 << 20;

/**
 * The `k` nearest candidates of each query, or all of them when there are fewer. Of equally distant ones the earlier rows win. Memory
 * does not grow with queries × candidates; other work of the process runs between blocks.
 *
 * Neighbours are chosen by matrix products and then measured and ordered by the distance of each pair, which is more precise.
 */
export async function findNearest(
  comparison: Comparison,
  queries: HostMatrix,
  candidates: HostMatrix,
  k: number,
  { queryChunk = 1024, corpusChunk = 2048 }: SearchChunks = {},
): Promise<Nearest> {
  await prepareBackend();
  const count = Math.min(k, candidates.rows);
  const rows = new Int32Array(queries.rows * count);
  const distances = new Float32Array(queries.rows * count);
  if (count === 0) return { count, rows, distances };
  const [querySet, candidateSet] = [allRows(queries), allRows(candidates)];
  const scores = await Scores.open(comparison, querySet, candidateSet);
  const step = Math.max(1, Math.min(queryChunk, Math.floor(KEPT / count)));
  for (let start = 0; start < queries.rows; start += step) {
    const block = querySet.rows.subarray(start, start + step);
    const found = await searchBlock(scores, block, candidates.rows, count, corpusChunk);
    const range = [start * count, (start + block.length) * count] as const;
    measure(comparison, querySet, candidateSet, { count, rows: found, distances: distances.subarray(...range) }, start);
    rows.set(found, range[0]);
  }
  return { count, rows, distances };
}

async function searchBlock(
  scores: Scores,
  queries: Int32Array,
  total: number,
  count: number,
  width: number,
): Promise<Int32Array> {
  const candidates = upTo(total);
  const heaps = Array.from(queries, () => new BestScores(count));
  using left = scores.left(queries);
  for (let start = 0; start < total; start += width) {
    const chunk = candidates.subarray(start, start + width);
    await scores.block(left.tensor, chunk, (block) => {
      heaps.forEach((heap, row) => {
        pushRow(heap, block.subarray(row * chunk.length, (row + 1) * chunk.length), start, scores.offsets);
      });
    });
  }
  const found = new Int32Array(queries.length * count);
  heaps.forEach((heap, row) => {
    if (!heap.full) {
      throw new DataError(
        `the distances of query ${queries[row]!} are not all finite: its numbers, or those it is compared with, are too large`,
      );
    }
    found.set(heap.rows, row * count);
  });
  return found;
}

function pushRow(heap: BestScores, row: Float32Array, start: number, offsets: Float64Array): void {
  let { floor } = heap;
  for (let at = 0; at < row.length; at += 1) {
    const score = row[at]! - offsets[start + at]!;
    if (score > floor) floor = heap.push(score, start + at);
  }
}

/** The largest scores that were pushed, as a heap with the worst on top; of equal ones the later row is worse. */
class BestScores {
  readonly rows: Int32Array;
  readonly #scores: Float64Array;
  #filled = 0;

  constructor(count: number) {
    this.rows = new Int32Array(count);
    this.#scores = new Float64Array(count);
  }

  get full(): boolean {
    return this.#filled === this.rows.length;
  }

  /** Only larger scores are taken. */
  get floor(): number {
    return this.full ? this.#scores[0]! : -Infinity;
  }

  push(score: number, row: number): number {
    if (!this.full) {
      this.#filled += 1;
      this.#rise(this.#filled - 1, score, row);
    } else this.#sink(score, row);
    return this.floor;
  }

  #rise(place: number, score: number, row: number): void {
    let at = place;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isWorse(score, row, parent)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, score, row);
  }

  /** Replaces the worst. */
  #sink(score: number, row: number): void {
    const { length } = this.rows;
    let at = 0;
    for (let child = 1; child < length; child = 2 * at + 1) {
      const other = child + 1;
      if (other < length && this.#isWorse(this.#scores[other]!, this.rows[other]!, child)) child = other;
      if (this.#isWorse(score, row, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, score, row);
  }

  #isWorse(score: number, row: number, than: number): boolean {
    const other = this.#scores[than]!;
    return score < other || (score === other && row > this.rows[than]!);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#scores[from]!, this.rows[from]!);
  }

  #put(at: number, score: number, row: number): void {
    this.#scores[at] = score;
    this.rows[at] = row;
  }
}

/** Fills in the distances of what was found, and orders it by them. */
function measure(
  comparison: Comparison,
  queries: RowSet,
  candidates: RowSet,
  found: Nearest,
  firstQuery: number,
): void {
  const { count, rows, distances } = found;
  const { size } = candidates.matrix;
  const step = Math.max(1, Math.floor(AGAIN / size));
  for (let start = 0; start < rows.length; start += step) {
    const some = rows.subarray(start, start + step);
    const left = new Float32Array(some.length * size);
    const right = new Float32Array(some.length * size);
    some.forEach((row, at) => {
      const query = firstQuery + Math.floor((start + at) / count);
      left.set(rowOf(queries.matrix, query), at * size);
      right.set(rowOf(candidates.matrix, row), at * size);
    });
    const measured = tf.tidy(() =>
      comparison.pairs(tf.tensor2d(left, [some.length, size]), tf.tensor2d(right, [some.length, size])),
    );
    distances.set(measured.dataSync(), start);
    measured.dispose();
  }
  for (let from = 0; from < rows.length; from += count) {
    const [own, far] = [rows.slice(from, from + count), distances.slice(from, from + count)];
    const order = Array.from(own.keys()).sort((one, other) => far[one]! - far[other]! || own[one]! - own[other]!);
    order.forEach((place, at) => {
      rows[from + at] = own[place]!;
      distances[from + at] = far[place]!;
    });
  }
}

function rowOf({ data, size }: HostMatrix, row: number): Float32Array {
  return data.subarray(row * size, (row + 1) * size);
}
