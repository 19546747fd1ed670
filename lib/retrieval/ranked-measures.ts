/**
 * What a ranking is worth for one query, by the names of the report: `precision@k`, `recall@k`, `hit-rate@k`, `mrr@k`, `map@k`, `ndcg@k`.
 *
 * @param ranking ids, nearest first, at least as many as the largest `k` where the corpus has so many.
 * @param grades of the relevant ids, all above 0.
 */
export function rankedMeasures(
  ranking: readonly string[],
  grades: ReadonlyMap<string, number>,
  ks: readonly number[],
): Record<string, number> {
  const measures: Record<string, number> = {};
  const ideal = [...grades.values()].sort((one, other) => other - one);
  for (const k of ks) {
    let hits = 0;
    let first = 0;
    let precisions = 0;
    let gain = 0;
    ranking.slice(0, k).forEach((id, at) => {
      const grade = grades.get(id) ?? 0;
      if (grade <= 0) return;
      hits += 1;
      first ||= at + 1;
      precisions += hits / (at + 1);
      gain += grade / Math.log2(2 + at);
    });
    const most = ideal.slice(0, k).reduce((sum, grade, at) => sum + grade / Math.log2(2 + at), 0);
    measures[`precision@${k}`] = hits / k;
    measures[`recall@${k}`] = hits / grades.size;
    measures[`hit-rate@${k}`] = Math.min(1, hits);
    measures[`mrr@${k}`] = first === 0 ? 0 : 1 / first;
    measures[`map@${k}`] = precisions / Math.min(k, grades.size);
    measures[`ndcg@${k}`] = gain / most;
  }
  return measures;
}
