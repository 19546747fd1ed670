import type { RankLevel, RankProfile } from "./nearest-profile.js";

/** How far ranks are followed. */
export interface RankDepth {
  /** Levels that begin beyond this rank are forgotten. */
  readonly cutoff: number;
  /** Keep the rank of the best relevant candidate, whatever it is. */
  readonly first: boolean;
}

/**
 * Counts, for some queries, the other candidates before, between and at the scores of their relevant candidates. Scores come in any
 * order; those below the last level that matters are recognized by one comparison with `floors`.
 */
export class RankCounts {
  /** The lowest score that still counts, for each query. */
  readonly floors: Float64Array;
  readonly #starts: Int32Array;
  readonly #live: Int32Array;
  /** Candidates better than the last live level. */
  readonly #before: Float64Array;
  readonly #depths: RankDepth[] = [];
  readonly #relevant: Int32Array;
  readonly #invalid: Uint8Array;
  // By level, those of a query together, best first.
  readonly #scores: Float64Array;
  readonly #members: Int32Array;
  readonly #gains: Float64Array | null;
  readonly #above: Int32Array;
  readonly #equal: Int32Array;
  #queries = 0;
  #levels = 0;

  constructor(queries: number, levels: number, graded: boolean) {
    this.floors = new Float64Array(queries).fill(Infinity);
    this.#starts = new Int32Array(queries);
    this.#live = new Int32Array(queries);
    this.#before = new Float64Array(queries);
    this.#relevant = new Int32Array(queries);
    this.#invalid = new Uint8Array(queries);
    this.#scores = new Float64Array(levels);
    this.#members = new Int32Array(levels);
    this.#gains = graded ? new Float64Array(levels) : null;
    this.#above = new Int32Array(levels);
    this.#equal = new Int32Array(levels);
  }

  /** The next query, with the scores of its relevant candidates in any order; they are sorted in place. */
  add(scores: Float64Array, gains: Float64Array | null, depth: RankDepth): void {
    const query = this.#queries;
    this.#queries += 1;
    this.#depths.push(depth);
    this.#relevant[query] = scores.length;
    this.#starts[query] = this.#levels;
    for (let at = 0; at < scores.length; at += 1) if (Number.isNaN(scores[at])) this.#invalid[query] = 1;
    const sortedGains = gains === null ? null : sortWith(scores, gains);
    if (sortedGains === null && scores.length > 1) scores.sort();
    const start = this.#levels;
    for (let at = scores.length - 1; at >= 0; at -= 1) {
      const score = scores[at]!;
      let level = this.#levels - 1;
      if (level < start || this.#scores[level] !== score) {
        const before = scores.length - 1 - at;
        if (before >= depth.cutoff && level >= start) break;
        level += 1;
        this.#levels += 1;
        this.#scores[level] = score;
        this.#before[query] = before;
      }
      this.#members[level]! += 1;
      if (this.#gains !== null) this.#gains[level]! += sortedGains === null ? 1 : sortedGains[at]!;
    }
    this.#live[query] = this.#levels - start;
    if (this.#live[query] > 0) this.floors[query] = this.#scores[this.#levels - 1]!;
  }

  /** Takes a score that is not below the query's floor, or NaN. Returns the new floor. */
  count(query: number, score: number): number {
    const start = this.#starts[query]!;
    const live = this.#live[query]!;
    if (Number.isNaN(score)) this.#invalid[query] = 1;
    if (live === 0 || !(score >= this.floors[query]!)) return this.floors[query]!;
    let low = start;
    for (let high = start + live - 1; low < high;) {
      const middle = (low + high) >> 1;
      if (this.#scores[middle]! <= score) high = middle;
      else low = middle + 1;
    }
    if (this.#scores[low] === score) this.#equal[low]! += 1;
    else this.#above[low]! += 1;
    return score > this.#scores[start + live - 1]! ? this.#push(query) : this.floors[query]!;
  }

  /** One more candidate is better than the last live level, which may therefore lie beyond the cutoff. */
  #push(query: number): number {
    const start = this.#starts[query]!;
    const { cutoff, first } = this.#depths[query]!;
    let before = this.#before[query]! + 1;
    let last = start + this.#live[query]! - 1;
    while (last > start && before >= cutoff) {
      before -= this.#above[last]! + this.#equal[last - 1]! + this.#members[last - 1]!;
      last -= 1;
    }
    this.#before[query] = before;
    this.#live[query] = last - start + 1;
    // Beyond the cutoff the exact rank of the best one is not asked for.
    const done = !first && before >= cutoff;
    this.floors[query] = done ? Infinity : this.#scores[last]!;
    return this.floors[query];
  }

  /** What was counted for a query, which is called `name`. */
  profile(query: number, name: number): RankProfile {
    const start = this.#starts[query]!;
    const levels = new Array<RankLevel>(this.#live[query]!);
    let better = 0;
    let betterRelevant = 0;
    for (let level = start; level < start + this.#live[query]!; level += 1) {
      const relevant = this.#members[level]!;
      const tied = relevant + this.#equal[level]!;
      better += this.#above[level]!;
      const gain = this.#gains === null ? relevant : this.#gains[level]!;
      levels[level - start] = { better, betterRelevant, tied, relevant, gain };
      better += tied;
      betterRelevant += relevant;
    }
    return { query: name, relevant: this.#relevant[query]!, valid: this.#invalid[query] === 0, levels };
  }
}

/** Sorts the scores in place; gives the gains in their order. */
function sortWith(scores: Float64Array, gains: Float64Array): Float64Array {
  const order = Array.from(scores.keys()).sort((left, right) => scores[left]! - scores[right]!);
  const sorted = order.map((at) => scores[at]!);
  const result = Float64Array.from(order, (at) => gains[at]!);
  scores.set(sorted);
  return result;
}
