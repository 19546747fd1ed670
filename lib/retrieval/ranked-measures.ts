/** What a query should find. */
export interface QueryGrades {
  /** How many documents are relevant. */
  readonly relevant: number;
  /** What a document is worth; 0 or less when it is not relevant. */
  readonly grade: (id: string) => number;
  /** The highest grades, highest first; those that are left out are 1. */
  readonly best: readonly number[];
}

/**
 * What a ranking is worth for one query, by the names of the report: `precision@k`, `recall@k`, `hit-rate@k`, `mrr@k`, `map@k`, `ndcg@k`.
 *
 * @param ranking ids, nearest first, at least as many as the largest `k` where the corpus has so many.
 */
export function rankedMeasures(
  ranking: readonly string[],
  { relevant, grade, best }: QueryGrades,
  ks: readonly number[],
): Record<string, number> {
  const measures: Record<string, number> = {};
  for (const k of ks) {
    let hits = 0;
    let first = 0;
    let precisions = 0;
    let gain = 0;
    ranking.slice(0, k).forEach((id, at) => {
      const value = grade(id);
      if (value <= 0) return;
      hits += 1;
      first ||= at + 1;
      precisions += hits / (at + 1);
      gain += value / Math.log2(2 + at);
    });
    let most = 0;
    for (let at = 0; at < Math.min(k, relevant); at += 1) most += (best[at] ?? 1) / Math.log2(2 + at);
    measures[`precision@${k}`] = hits / k;
    measures[`recall@${k}`] = hits / relevant;
    measures[`hit-rate@${k}`] = Math.min(1, hits);
    measures[`mrr@${k}`] = first === 0 ? 0 : 1 / first;
    measures[`map@${k}`] = precisions / Math.min(k, relevant);
    measures[`ndcg@${k}`] = gain / most;
  }
  return measures;
}
