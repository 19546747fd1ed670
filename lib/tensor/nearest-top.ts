import { DataError } from "../errors.js";
import { prepareBackend } from "./backend.js";
import { BestScores } from "./best-scores.js";
import { reduceLargeRows } from "./large-rows.js";
import { allRows, type RowSet } from "./nearest-rows.js";
import { FewScores } from "./few-scores.js";
import { Scores, type BlockScores } from "./nearest-scores.js";
import { prepareMatrix, type Candidates, type Comparison } from "./nearest-sides.js";
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
/** Up to so many queries are multiplied one by one: a product of matrices costs as much for them as for many, and copies all candidates. */
const FEW = 2;
/** Numbers of one side when distances are computed again. */
const AGAIN = 1 << 20;

/**
 * The `k` nearest candidates of each query, or all of them when there are fewer. Of equally distant ones the earlier rows win. Memory
 * does not grow with queries × candidates; other work of the process runs between blocks.
 *
 * Neighbours are chosen by products and then measured and ordered by the distance of each pair, which is more precise.
 *
 * @param candidates rows, or what `prepareMatrix` made of them for the same comparison.
 */
export async function findNearest(
  comparison: Comparison,
  queries: HostMatrix,
  candidates: HostMatrix | Candidates,
  k: number,
  { queryChunk = 1024, corpusChunk = 2048 }: SearchChunks = {},
): Promise<Nearest> {
  await prepareBackend();
  const total = "set" in candidates ? candidates.set.matrix.rows : candidates.rows;
  const count = Math.min(k, total);
  const rows = new Int32Array(queries.rows * count);
  const distances = new Float32Array(queries.rows * count);
  if (count === 0 || queries.rows === 0) return { count, rows, distances };
  const querySet = allRows(queries);
  const prepared = "set" in candidates ? candidates : prepareMatrix(comparison, candidates);
  // By the number of all queries, so that what is found does not depend on the chunks.
  const scores: BlockScores =
    queries.rows <= FEW && comparison.asInnerProduct() !== null
      ? new FewScores(querySet, prepared)
      : await Scores.open(comparison, querySet, prepared);
  const step = Math.max(1, Math.min(queryChunk, Math.floor(KEPT / count)));
  for (let start = 0; start < queries.rows; start += step) {
    const block = querySet.rows.subarray(start, start + step);
    const found = await searchBlock(scores, block, prepared.set.rows, count, corpusChunk);
    const range = [start * count, (start + block.length) * count] as const;
    measure(comparison, querySet, prepared.set, { count, rows: found, distances: distances.subarray(...range) }, start);
    rows.set(found, range[0]);
  }
  return { count, rows, distances };
}

async function searchBlock(
  scores: BlockScores,
  queries: Int32Array,
  candidates: Int32Array,
  count: number,
  width: number,
): Promise<Int32Array> {
  const heaps = Array.from(queries, () => new BestScores(count));
  using left = scores.left(queries);
  for (let start = 0; start < candidates.length; start += width) {
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
    for (const side of [left, right]) reduceLargeRows(comparison, side, size);
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
