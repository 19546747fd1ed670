import { setImmediate } from "node:timers/promises";
import { nativeProducts, type NativeProducts } from "./native-products.js";
import type { RowSet } from "./nearest-rows.js";
import {
  gather,
  gatherTransposed,
  sideOfQueries,
  type Candidates,
  type Comparison,
  type Side,
} from "./nearest-sides.js";
import * as tf from "./tf.js";
import { heap } from "./wasm-kernels.js";

/** Queries as `Scores.block` multiplies them. */
export type ScoredQueries = tf.Tensor2D | Float32Array;

/** Scores of queries against candidates, as `Scores` has them. */
export interface BlockScores<Left extends ScoredQueries = ScoredQueries> {
  readonly offsets: Float64Array;
  left(queries: Int32Array): Disposable & { readonly tensor: Left };
  block(left: Left, candidates: Int32Array, use: (block: Float32Array) => void): Promise<void>;
}

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

  private constructor(comparison: Comparison, queries: RowSet, candidates: Candidates, native: NativeProducts | null) {
    this.#native = native;
    this.#comparison = comparison;
    this.#products = comparison.asInnerProduct() !== null;
    this.#candidates = candidates;
    this.#queries = sideOfQueries(queries, candidates);
    this.offsets = candidates.offsets;
  }

  /** Multiplies natively where an engine offers it. */
  static async open(comparison: Comparison, queries: RowSet, candidates: Candidates): Promise<Scores> {
    const native = comparison.asInnerProduct() === null ? null : await nativeProducts(candidates.set.matrix.size);
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
