import { setImmediate } from "node:timers/promises";
import type { RowSet } from "./nearest-rows.js";
import { gather, sideOfQueries, type Candidates, type Side } from "./nearest-sides.js";

/**
 * What `Scores` gives, for a few queries and a distance that is an inner product, by plain loops over the candidates where they lie: a
 * product of matrices takes a copy of all of them and as long for one query as for many. Sums are rounded as a product of matrices has
 * them, so that what is equally distant but for the last digits of a sum stays so.
 */
export class FewScores {
  readonly offsets: Float64Array;
  readonly #candidates: Candidates;
  readonly #queries: Side;

  constructor(queries: RowSet, candidates: Candidates) {
    this.offsets = candidates.offsets;
    this.#candidates = candidates;
    this.#queries = sideOfQueries(queries, candidates);
  }

  /** `[queries.length, size]`, to be given to `block`. */
  left(queries: Int32Array): Disposable & { readonly tensor: Float32Array } {
    return { tensor: gather(this.#queries, queries), [Symbol.dispose]: () => undefined };
  }

  /** Shows `[left rows, candidates.length]`, row after row. Lets other work of the process run before. */
  async block(left: Float32Array, candidates: Int32Array, use: (block: Float32Array) => void): Promise<void> {
    await setImmediate();
    const { set, center, scales } = this.#candidates;
    const { data, size } = set.matrix;
    const { length } = candidates;
    const products = new Float32Array((left.length / size) * length);
    for (let from = 0, to = 0; from < left.length; from += size) {
      const query = left.subarray(from, from + size);
      for (let index = 0; index < length; index += 1) {
        const place = candidates[index]!;
        const start = set.rows[place]! * size;
        const product = center === null ? dot(query, data, start) : dotMoved(query, data, start, center);
        products[to++] = scales === null ? product : product * scales[place]!;
      }
    }
    use(products);
  }
}

/** Four sums, which need not wait for each other. */
function dot(query: Float32Array, data: Float32Array, start: number): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  const { length } = query;
  const whole = length & ~3;
  for (let at = 0; at < whole; at += 4) {
    first += query[at]! * data[start + at]!;
    second += query[at + 1]! * data[start + at + 1]!;
    third += query[at + 2]! * data[start + at + 2]!;
    fourth += query[at + 3]! * data[start + at + 3]!;
  }
  for (let at = whole; at < length; at += 1) first += query[at]! * data[start + at]!;
  return first + second + (third + fourth);
}

/** The same of rows as `gather` moves them. */
function dotMoved(query: Float32Array, data: Float32Array, start: number, center: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < query.length; at += 1) sum += query[at]! * Math.fround(data[start + at]! - center[at]!);
  return sum;
}
