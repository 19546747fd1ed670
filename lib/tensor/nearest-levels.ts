import type { RankCounts } from "./nearest-counts.js";
import type { Ranking } from "./nearest-ranking.js";
import { runLength, type Runs } from "./nearest-rows.js";
import type { Scores } from "./nearest-scores.js";

/** Queries whose relevant candidates are scored together, and the most scores computed for them. */
const TOGETHER = 128;
const MOST_SCORES = 1 << 22;
/** Candidates of one product, as a power of two. */
const CHUNK = 12;

/** Adds every query of a wave to the counts, with the scores of its relevant candidates. */
export async function collectLevels(
  scores: Scores,
  ranking: Ranking,
  wave: Int32Array,
  counts: RankCounts,
): Promise<void> {
  const union = new Union(ranking.candidates.rows.length);
  for (let start = 0; start < wave.length;) {
    union.clear();
    let end = start;
    while (end < wave.length && end - start < TOGETHER && (end - start) * union.length <= MOST_SCORES) {
      union.add(ranking.relevant(wave[end]!));
      end += 1;
    }
    const queries = wave.subarray(start, end);
    const blocks = await scoreUnion(scores, queries, union.members());
    queries.forEach((query, row) => {
      const runs = ranking.relevant(query);
      const found = new Float64Array(runLength(runs));
      let at = 0;
      forEach(runs, (candidate) => {
        const place = union.placeOf(candidate);
        const { width, data } = blocks[place >> CHUNK]!;
        found[at] = data[row * width + (place & ((1 << CHUNK) - 1))]! - scores.offsets[candidate]!;
        at += 1;
      });
      counts.add(found, ranking.gains?.(query) ?? null, ranking.depth(found.length));
    });
    start = end;
  }
}

interface ScoredChunk {
  readonly width: number;
  readonly data: Float32Array;
}

async function scoreUnion(scores: Scores, queries: Int32Array, members: Int32Array): Promise<ScoredChunk[]> {
  const blocks: ScoredChunk[] = [];
  if (members.length === 0) return blocks;
  using left = scores.left(queries);
  for (let start = 0; start < members.length; start += 1 << CHUNK) {
    const chunk = members.subarray(start, start + (1 << CHUNK));
    await scores.block(left.tensor, chunk, (block) => blocks.push({ width: chunk.length, data: block.slice() }));
  }
  return blocks;
}

/** Distinct candidates in the order they came. */
class Union {
  readonly #places: Int32Array;
  #members: number[] = [];

  constructor(candidates: number) {
    this.#places = new Int32Array(candidates).fill(-1);
  }

  get length(): number {
    return this.#members.length;
  }

  clear(): void {
    for (const member of this.#members) this.#places[member] = -1;
    this.#members = [];
  }

  add(runs: Runs): void {
    forEach(runs, (candidate) => {
      if (this.#places[candidate] !== -1) return;
      this.#places[candidate] = this.#members.length;
      this.#members.push(candidate);
    });
  }

  placeOf(candidate: number): number {
    return this.#places[candidate]!;
  }

  members(): Int32Array {
    return Int32Array.from(this.#members);
  }
}

function forEach(runs: Runs, use: (candidate: number) => void): void {
  for (let at = 0; at < runs.length; at += 2) {
    for (let candidate = runs[at]!; candidate < runs[at + 1]!; candidate += 1) use(candidate);
  }
}
