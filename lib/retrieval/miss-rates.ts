import type { Distance } from "../contracts/distance.js";
import { prepareBackend } from "../tensor/backend.js";
import type { HostMatrix } from "../tensor/host.js";
import { runLength } from "../tensor/nearest-rows.js";
import * as tf from "../tensor/tf.js";
import type { Judgements } from "./judgements.js";

/** Queries and rows of the corpus compared at a time. */
const QUERIES = 512;
const ROWS = 2048;
const BUCKETS = 1 << 16;

/** Pairs of a query with a row of the corpus. */
export interface QueryPairs {
  readonly distance: Distance;
  readonly queries: HostMatrix;
  readonly corpus: HostMatrix;
  readonly judgements: Judgements;
}

/**
 * False non-match rates at false match rates: which share of the matching pairs of a query and a row is missed by the largest threshold
 * that takes no more than a share of the other pairs. Pairs of a query with a row that it ignores do not count. NaN when all match,
 * none does, or a distance is not a number.
 *
 * Exact, in two looks at all distances that keep counts alone: the first by the upper half of the bits of each distance, the second by
 * the lower half where a threshold lies.
 *
 * @param asking the queries that count, by number.
 */
export async function missRates(
  pairs: QueryPairs,
  asking: readonly number[],
  rates: readonly number[],
): Promise<number[]> {
  if (rates.length === 0) return [];
  const coarse = new Counts();
  await eachDistance(pairs, asking, (key, matches) => coarse.add(key >>> 16, matches));
  const [positives, negatives] = [coarse.matching.reduce(add, 0), coarse.others.reduce(add, 0)];
  if (positives === 0 || negatives === 0 || coarse.matching[NOT_A_NUMBER]! + coarse.others[NOT_A_NUMBER]! > 0) {
    return rates.map(() => NaN);
  }
  const cuts = rates.map((rate) => coarse.cut(rate, negatives, 0, 0));
  const fine = new Map(cuts.map(({ bucket }) => [bucket, new Counts()]));
  await eachDistance(pairs, asking, (key, matches) => fine.get(key >>> 16)?.add(key & (BUCKETS - 1), matches));
  return cuts.map(({ bucket, matching, others }, at) => {
    const { matching: found } = fine.get(bucket)!.cut(rates[at]!, negatives, matching, others);
    return 1 - found / positives;
  });
}

/** Of the largest keys, which only NaN has. */
const NOT_A_NUMBER = BUCKETS - 1;

class Counts {
  readonly matching = new Float64Array(BUCKETS);
  readonly others = new Float64Array(BUCKETS);

  add(bucket: number, matches: boolean): void {
    const counts = matches ? this.matching : this.others;
    counts[bucket]! += 1;
  }

  /** The first bucket with which more than a share `rate` of `all` others is taken, and what lies before it. */
  cut(
    rate: number,
    all: number,
    before: number,
    othersBefore: number,
  ): { readonly bucket: number; readonly matching: number; readonly others: number } {
    let [matching, others] = [before, othersBefore];
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      if ((others + this.others[bucket]!) / all > rate) return { bucket, matching, others };
      others += this.others[bucket]!;
      matching += this.matching[bucket]!;
    }
    return { bucket: BUCKETS - 1, matching, others };
  }
}

/** Shows every distance as a whole number that is larger where it is, and whether the pair matches. */
async function eachDistance(
  { distance, queries, corpus, judgements }: QueryPairs,
  asking: readonly number[],
  show: (key: number, matches: boolean) => void,
): Promise<void> {
  await prepareBackend();
  const { order } = judgements;
  for (let from = 0; from < asking.length; from += QUERIES) {
    const some = asking.slice(from, from + QUERIES);
    const relevant = some.map((query) => judgements.relevant(query));
    const ignored = some.map((query) => judgements.ignored(query));
    const left = rowsOf(queries, some);
    for (let start = 0; start < order.length; start += ROWS) {
      const count = Math.min(ROWS, order.length - start);
      const right = rowsOf(corpus, order.subarray(start, start + count));
      const block = tf.tidy(() => {
        const asked = tf.tensor2d(left, [some.length, queries.size]);
        return tf.add(distance.matrix(asked, tf.tensor2d(right, [count, corpus.size])), 0);
      });
      const data = (await block.data().finally(() => block.dispose())) as Float32Array;
      const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
      some.forEach((_, row) => {
        const marks = new Uint8Array(count);
        mark(marks, relevant[row]!, start, MATCHES);
        mark(marks, ignored[row]!, start, IGNORED);
        for (let at = 0; at < count; at += 1) {
          if (marks[at] !== IGNORED)
            show(keyOf(data[row * count + at]!, bits[row * count + at]!), marks[at] === MATCHES);
        }
      });
    }
  }
}

const MATCHES = 1;
const IGNORED = 2;

function mark(marks: Uint8Array, runs: Int32Array, start: number, what: number): void {
  if (runLength(runs) === 0) return;
  for (let at = 0; at < runs.length; at += 2) {
    marks.fill(what, Math.max(0, runs[at]! - start), Math.max(0, runs[at + 1]! - start));
  }
}

/** Bits of a float32 in the order of the numbers; both zeros the same, NaN last. */
function keyOf(value: number, bits: number): number {
  if (Number.isNaN(value)) return 0xffffffff;
  if (value === 0) return 0x80000000;
  return (value < 0 ? ~bits : bits | 0x80000000) >>> 0;
}

function rowsOf({ data, size }: HostMatrix, rows: ArrayLike<number>): Float32Array {
  const picked = new Float32Array(rows.length * size);
  for (let at = 0; at < rows.length; at += 1) {
    const from = rows[at]! * size;
    picked.set(data.subarray(from, from + size), at * size);
  }
  return picked;
}

function add(sum: number, value: number): number {
  return sum + value;
}
