import type { HostMatrix } from "./host.js";
import type { RowSet } from "./nearest-rows.js";
import type { ScoreSource } from "./nearest-scores.js";

/** Which number of the matrix belongs to two rows. */
export interface KnownPlace {
  /** Steps from one query row to the next, and from one candidate row to the next. */
  readonly queryStride: number;
  readonly candidateStride: number;
  /** Row numbers that are 0 in the matrix. */
  readonly firstQuery: number;
  readonly firstCandidate: number;
}

/** Scores that have been computed before, larger is closer. */
export class KnownScores implements ScoreSource<Float32Array> {
  readonly offsets: Float64Array;
  readonly #numbers: Float32Array;
  /** Where the numbers of each query begin, and each candidate's place from there. */
  readonly #starts: Int32Array;
  readonly #places: Int32Array;
  /** Candidates lie in the matrix as they are asked for. */
  readonly #inOrder: boolean;

  constructor(similarities: HostMatrix, place: KnownPlace, queries: RowSet, candidates: RowSet) {
    const { queryStride, candidateStride, firstQuery, firstCandidate } = place;
    this.#numbers = similarities.data;
    this.#starts = queries.rows.map((row) => (row - firstQuery) * queryStride);
    this.#places = candidates.rows.map((row) => (row - firstCandidate) * candidateStride);
    this.#inOrder = this.#places.every((offset, at) => offset === at);
    this.offsets = new Float64Array(candidates.rows.length);
  }

  left(queries: Int32Array): Disposable & { readonly tensor: Float32Array } {
    // What is passed on says which queries are meant; there are fewer than float32 can count.
    return { tensor: Float32Array.from(queries), [Symbol.dispose]: () => undefined };
  }

  block(left: Float32Array, candidates: Int32Array, use: (block: Float32Array) => void): Promise<void> {
    const width = candidates.length;
    const block = new Float32Array(left.length * width);
    const first = candidates[0] ?? 0;
    const inOrder = this.#inOrder && (candidates[width - 1] ?? 0) - first === width - 1;
    left.forEach((query, row) => {
      const start = this.#starts[query] as number;
      if (inOrder) block.set(this.#numbers.subarray(start + first, start + first + width), row * width);
      else this.#gather(block, row * width, start, candidates);
    });
    use(block);
    return Promise.resolve();
  }

  #gather(block: Float32Array, to: number, start: number, candidates: Int32Array): void {
    for (let at = 0; at < candidates.length; at += 1) {
      block[to + at] = this.#numbers[start + (this.#places[candidates[at]!] as number)]!;
    }
  }
}
