import { setImmediate } from "node:timers/promises";
import type { HostMatrix } from "./host.js";
import { nativeProducts, type NativeProducts } from "./native-products.js";
import type { RowSet } from "./nearest-rows.js";
import * as tf from "./tf.js";
import { heap } from "./wasm-kernels.js";

/** What is asked of a distance to find nearest rows by it; `Distance` has it. */
export interface Comparison {
  matrix(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D;
  pairs(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor1D;
  asInnerProduct(): { readonly normalize: boolean; readonly subtractHalfSquaredNorm: boolean } | null;
}

/** Queries as `Scores.block` multiplies them. */
export type ScoredQueries = tf.Tensor2D | Float32Array;

/** A row shorter than the root of this has no direction. */
const SHORTEST_SQUARED = 1e-30;
/** Rows that are transposed together, so that what is written lies together. */
const TOGETHER = 16;

/**
 * Scores of queries against candidates, a block at a time: larger is closer. The score of a pair is the number in the block minus
 * the candidate's `offset`.
 *
 * Rows are normalized or moved near the mean of the candidates as the distance allows, so that a block is one matrix product; a
 * distance that is no inner product is asked for its matrix.
 */
export class Scores {
  /** One for each candidate. */
  readonly offsets: Float64Array;
  readonly #comparison: Comparison;
  readonly #queries: Side;
  readonly #candidates: Side;
  readonly #products: boolean;
  readonly #native: NativeProducts | null;

  private constructor(comparison: Comparison, queries: RowSet, candidates: RowSet, native: NativeProducts | null) {
    this.#native = native;
    const form = comparison.asInnerProduct();
    const { normalize = false, subtractHalfSquaredNorm = false } = form ?? {};
    const center = subtractHalfSquaredNorm && !normalize ? roundedMean(candidates.matrix) : null;
    this.#comparison = comparison;
    this.#products = form !== null;
    this.#candidates = { set: candidates, center, scales: normalize ? inverseLengths(candidates) : null };
    this.#queries =
      queries === candidates
        ? this.#candidates
        : { set: queries, center, scales: normalize ? inverseLengths(queries) : null };
    this.offsets = subtractHalfSquaredNorm
      ? halfSquaredLengths(this.#candidates)
      : new Float64Array(candidates.rows.length);
  }

  /** Multiplies natively where an engine offers it. */
  static async open(comparison: Comparison, queries: RowSet, candidates: RowSet): Promise<Scores> {
    const native = comparison.asInnerProduct() === null ? null : await nativeProducts(candidates.matrix.size);
    return new Scores(comparison, queries, candidates, native);
  }

  /** `[queries.length, size]`, to be given to `block`. */
  left(queries: Int32Array): Disposable & { readonly tensor: ScoredQueries } {
    const numbers = gather(this.#queries, queries);
    if (this.#native !== null) return { tensor: numbers, [Symbol.dispose]: () => undefined };
    const tensor = tf.tensor2d(numbers, [queries.length, this.#queries.set.matrix.size]);
    return { tensor, [Symbol.dispose]: () => tensor.dispose() };
  }

  /**
   * Shows `[left rows, candidates.length]`, row after row, for the time of the call. Lets other work of the process run before.
   */
  async block(left: ScoredQueries, candidates: Int32Array, use: (block: Float32Array) => void): Promise<void> {
    await setImmediate();
    const { size } = this.#candidates.set.matrix;
    if (left instanceof Float32Array) {
      const right = gather(this.#candidates, candidates);
      const products = this.#native?.multiply(left, left.length / size, right, candidates.length);
      return use((await products) as Float32Array);
    }
    const scores = tf.tidy(() => {
      if (this.#products) {
        const right = tf.tensor2d(gatherTransposed(this.#candidates, candidates), [size, candidates.length]);
        return tf.matMul(left, right);
      }
      const right = tf.tensor2d(gather(this.#candidates, candidates), [candidates.length, size]);
      return tf.neg(this.#comparison.matrix(left, right));
    });
    try {
      use(look(scores));
    } finally {
      scores.dispose();
    }
  }
}

/** The numbers of a tensor; on wasm where they are, so that blocks of them are not copied and collected all the time. */
function look(tensor: tf.Tensor): Float32Array {
  if (tf.getBackend() !== "wasm") return tensor.dataSync() as Float32Array;
  return heap(tf.backend() as Parameters<typeof heap>[0], tensor) as Float32Array;
}

/** Rows with what is done to them before they are multiplied. */
interface Side {
  readonly set: RowSet;
  /** Subtracted from each row. */
  readonly center: Float64Array | null;
  /** Multiplied with each row, by place in the set. */
  readonly scales: Float64Array | null;
}

/** `[places.length, size]` */
function gather({ set: { matrix, rows }, center, scales }: Side, places: Int32Array): Float32Array {
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
function gatherTransposed({ set: { matrix, rows }, center, scales }: Side, places: Int32Array): Float32Array {
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
