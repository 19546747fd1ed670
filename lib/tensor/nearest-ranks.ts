import { prepareBackend } from "./backend.js";
import { RankCounts } from "./nearest-counts.js";
import { collectLevels } from "./nearest-levels.js";
import type { RankProfile } from "./nearest-profile.js";
import type { Ranking } from "./nearest-ranking.js";
import { runLength, upTo, type Runs } from "./nearest-rows.js";
import { Scores } from "./nearest-scores.js";
import { prepareCandidates, type Comparison } from "./nearest-sides.js";

/** Queries and candidates of one product. */
const BLOCK = 1024;
/** Queries ranked at once, when each product serves its queries alone. */
const WAVE = 2 * BLOCK;
/** Levels kept at once for such a wave, and for all rows when each product serves both sides; about 28 bytes each. */
const WAVE_LEVELS = 1 << 21;
const ALL_LEVELS = 1 << 22;

/**
 * Ranks the relevant candidates of each query among all candidates and shows the profile of each query that has any. Products are
 * computed block by block and counted at once, so memory does not grow with queries × candidates. When rows are searched among
 * themselves, each product serves both its rows.
 */
export async function rankRelevant(
  comparison: Comparison,
  ranking: Ranking,
  visit: (profile: RankProfile) => void,
): Promise<void> {
  await prepareBackend();
  const { queries, candidates } = ranking;
  const scores = await Scores.open(comparison, queries, prepareCandidates(comparison, candidates));
  const all = upTo(queries.rows.length);
  const levels = Float64Array.from(all, (query) => {
    const relevant = runLength(ranking.relevant(query));
    return relevant === 0 ? 0 : Math.max(1, Math.min(relevant, ranking.depth(relevant).cutoff));
  });
  const total = sum(levels);
  if (total === 0) return;
  const bothSides = queries === candidates && total <= ALL_LEVELS;
  const waves = bothSides ? [all] : cutIntoWaves(all, levels);
  for (const wave of waves) {
    const counts = new RankCounts(wave.length, sum(wave, levels), ranking.gains !== undefined);
    await collectLevels(scores, ranking, wave, counts);
    const skipped = Array.from(wave, (query) => ranking.skipped(query));
    await (bothSides ? countBothSides(scores, wave, skipped, counts) : countQueries(scores, wave, skipped, counts));
    wave.forEach((query, slot) => {
      if (levels[query]! > 0) visit(counts.profile(slot, query));
    });
  }
}

/** Runs of queries that have something to be found. */
function cutIntoWaves(all: Int32Array, levels: Float64Array): Int32Array[] {
  const waves: Int32Array[] = [];
  let wave: number[] = [];
  let used = 0;
  for (const query of all) {
    const needed = levels[query]!;
    if (needed === 0) continue;
    if (wave.length === WAVE || (wave.length > 0 && used + needed > WAVE_LEVELS)) {
      waves.push(Int32Array.from(wave));
      wave = [];
      used = 0;
    }
    wave.push(query);
    used += needed;
  }
  return wave.length === 0 ? waves : [...waves, Int32Array.from(wave)];
}

async function countQueries(
  scores: Scores,
  wave: Int32Array,
  skipped: readonly Runs[],
  counts: RankCounts,
): Promise<void> {
  const candidates = upTo(scores.offsets.length);
  using left = scores.left(wave);
  for (let start = 0; start < candidates.length; start += BLOCK) {
    const chunk = candidates.subarray(start, start + BLOCK);
    await scores.block(left.tensor, chunk, (block) => {
      skipped.forEach((runs, slot) => {
        const row = block.subarray(slot * chunk.length, (slot + 1) * chunk.length);
        countRow(countQuery, counts, slot, row, start, scores.offsets, runs);
      });
    });
  }
}

async function countBothSides(
  scores: Scores,
  all: Int32Array,
  skipped: readonly Runs[],
  counts: RankCounts,
): Promise<void> {
  for (let first = 0; first < all.length; first += BLOCK) {
    const rows = all.subarray(first, first + BLOCK);
    using left = scores.left(rows);
    for (let start = first; start < all.length; start += BLOCK) {
      const chunk = all.subarray(start, start + BLOCK);
      const countGap = start === first ? countQuery : countBoth;
      await scores.block(left.tensor, chunk, (block) => {
        for (const query of rows) {
          const at = (query - first) * chunk.length;
          const row = block.subarray(at, at + chunk.length);
          countRow(countGap, counts, query, row, start, scores.offsets, skipped[query]!);
        }
      });
    }
  }
}

type CountGap = typeof countQuery;

/** Counts the products of a query with the candidates from `start` on, the skipped ones left out. */
function countRow(
  countGap: CountGap,
  counts: RankCounts,
  query: number,
  row: Float32Array,
  start: number,
  offsets: Float64Array,
  skipped: Runs,
): void {
  const end = start + row.length;
  let at = start;
  for (let run = 0; run < skipped.length && at < end; run += 2) {
    const from = Math.min(skipped[run]!, end);
    if (from > at) countGap(counts, query, row, start, offsets, at, from);
    at = Math.max(at, skipped[run + 1]!);
  }
  if (at < end) countGap(counts, query, row, start, offsets, at, end);
}

function countQuery(
  counts: RankCounts,
  query: number,
  row: Float32Array,
  start: number,
  offsets: Float64Array,
  from: number,
  to: number,
): void {
  let floor = counts.floors[query]!;
  for (let candidate = from; candidate < to; candidate += 1) {
    const score = row[candidate - start]! - offsets[candidate]!;
    // NaN is not below.
    if (!(score < floor)) floor = counts.count(query, score);
  }
}

/** The same, and each product once more with query and candidate in each other's place. */
function countBoth(
  counts: RankCounts,
  query: number,
  row: Float32Array,
  start: number,
  offsets: Float64Array,
  from: number,
  to: number,
): void {
  const { floors } = counts;
  const offset = offsets[query]!;
  let floor = floors[query]!;
  for (let candidate = from; candidate < to; candidate += 1) {
    const product = row[candidate - start]!;
    const score = product - offsets[candidate]!;
    if (!(score < floor)) floor = counts.count(query, score);
    const reverse = product - offset;
    if (!(reverse < floors[candidate]!)) counts.count(candidate, reverse);
  }
}

function sum(values: Iterable<number>, by?: Float64Array): number {
  let total = 0;
  for (const value of values) total += by === undefined ? value : by[value]!;
  return total;
}
