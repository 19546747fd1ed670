/**
 * Where the relevant candidates of one query stand, as levels of equal score from best to worst, and what measures of rank follow.
 *
 * Candidates of equal score have no order. Every measure here is its mean over all orders they could have, so that it depends
 * neither on the order of the data nor on luck: a model that gives everything the same score gets what guessing gets.
 *
 * McSherry, Najork, "Computing Information Retrieval Performance Measures Efficiently in the Presence of Tied Scores", ECIR 2008.
 */
export interface RankProfile {
  /** Which query, by its place among the queries. */
  readonly query: number;
  /** Relevant candidates of the query, those beyond the cutoff included. */
  readonly relevant: number;
  /** False when a score was NaN, so that nothing can be said. */
  readonly valid: boolean;
  /** Best first. Levels that lie wholly beyond the cutoff are left out, except perhaps the first. */
  readonly levels: readonly RankLevel[];
}

/** Relevant candidates of equal score. */
export interface RankLevel {
  /** Candidates with a better score. */
  readonly better: number;
  /** Better ones that are relevant. */
  readonly betterRelevant: number;
  /** Candidates of this score, relevant or not. */
  readonly tied: number;
  /** Those that are relevant. */
  readonly relevant: number;
  /** Sum of their gains. */
  readonly gain: number;
}

/** Relevant candidates among the first `k`. */
export function hits({ levels }: RankProfile, k: number): number {
  let found = 0;
  for (const { better, tied, relevant } of levels) found += relevant * share(k - better, tied);
  return found;
}

/** Whether a relevant candidate is among the first `k`, 0..1. */
export function anyHit(profile: RankProfile, k: number): number {
  return overFirst(profile, (rank) => (rank <= k ? 1 : 0), k);
}

/** One over the rank of the first relevant candidate; 0 when that is beyond `k`. */
export function reciprocalRank(profile: RankProfile, k = Infinity): number {
  return overFirst(profile, (rank) => 1 / rank, k);
}

/** Sum over the relevant candidates within the first `k` of the precision at their rank. Divide it by how many could be there. */
export function summedPrecision({ levels }: RankProfile, k: number): number {
  let sum = 0;
  for (const { better, betterRelevant, tied, relevant } of levels) {
    const others = tied === 1 ? 0 : (relevant - 1) / (tied - 1);
    for (let place = 1; place <= tied && better + place <= k; place += 1) {
      sum += ((relevant / tied) * (betterRelevant + 1 + (place - 1) * others)) / (better + place);
    }
  }
  return sum;
}

/** Gains within the first `k`, each divided by `log2(1 + rank)`. */
export function discountedGain({ levels }: RankProfile, k: number): number {
  let sum = 0;
  for (const { better, tied, gain } of levels) {
    for (let place = 1; place <= tied && better + place <= k; place += 1) {
      sum += gain / tied / Math.log2(1 + better + place);
    }
  }
  return sum;
}

/** Mean of `value(rank)` over the ranks that the first relevant candidate can have, as far as `k`. */
function overFirst({ levels }: RankProfile, value: (rank: number) => number, k: number): number {
  const first = levels[0];
  if (first === undefined) return 0;
  const { better, tied, relevant } = first;
  let probability = relevant / tied;
  let mean = 0;
  for (let place = 1; place <= tied - relevant + 1 && better + place <= k; place += 1) {
    mean += probability * value(better + place);
    probability *= (tied - relevant - place + 1) / (tied - place);
  }
  return mean;
}

/** How much of `count` lies within the first `places`. */
function share(places: number, count: number): number {
  return Math.min(1, Math.max(0, places / count));
}
