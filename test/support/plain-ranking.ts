/** One candidate of a query, in plain numbers. */
export interface PlainCandidate {
  readonly distance: number;
  /** Above 0 when relevant. */
  readonly grade: number;
}

/** Grades of all candidates of a query, nearest first. */
export type PlainMeasure = (ranked: readonly number[]) => number;

/** Mean of a measure over every order that the candidates can have, those of equal distance in any. */
export function overOrders(candidates: readonly PlainCandidate[], measure: PlainMeasure): number {
  const distances = [...new Set(candidates.map(({ distance }) => distance))].sort((left, right) => left - right);
  let orders: (readonly number[])[] = [[]];
  for (const distance of distances) {
    const tied = candidates.filter((candidate) => candidate.distance === distance).map(({ grade }) => grade);
    const arrangements = arrange(tied);
    orders = orders.flatMap((order) => arrangements.map((arrangement) => [...order, ...arrangement]));
  }
  return orders.reduce((sum, order) => sum + measure(order), 0) / orders.length;
}

/** Every arrangement of the values; those that look the same once, because each occurs equally often. */
function arrange(values: readonly number[]): number[][] {
  if (values.length === 0) return [[]];
  return [...new Set(values)].flatMap((first) => {
    const rest = [...values];
    rest.splice(rest.indexOf(first), 1);
    return arrange(rest).map((order) => [first, ...order]);
  });
}

const relevantIn = (ranked: readonly number[], k: number): number =>
  ranked.slice(0, k).filter((grade) => grade > 0).length;
const gainIn = (ranked: readonly number[], k: number): number =>
  ranked.slice(0, k).reduce((sum, grade, at) => sum + Math.max(0, grade) / Math.log2(at + 2), 0);

/** Measures of rank, as they are defined. */
export const plainMeasure = {
  precision:
    (k: number): PlainMeasure =>
    (ranked) =>
      relevantIn(ranked, k) / k,
  recall:
    (k: number): PlainMeasure =>
    (ranked) =>
      relevantIn(ranked, k) / relevantIn(ranked, Infinity),
  hitRate:
    (k: number): PlainMeasure =>
    (ranked) =>
      Math.min(1, relevantIn(ranked, k)),
  reciprocalRank:
    (k = Infinity): PlainMeasure =>
    (ranked) => {
      const at = ranked.findIndex((grade) => grade > 0);
      return at === -1 || at >= k ? 0 : 1 / (at + 1);
    },
  rPrecision: (): PlainMeasure => (ranked) => {
    const relevant = relevantIn(ranked, Infinity);
    return relevantIn(ranked, relevant) / relevant;
  },
  averagePrecision:
    (k: number | "R"): PlainMeasure =>
    (ranked) => {
      const relevant = relevantIn(ranked, Infinity);
      const deepest = k === "R" ? relevant : k;
      let sum = 0;
      for (let at = 0; at < Math.min(deepest, ranked.length); at += 1) {
        if (ranked[at]! > 0) sum += relevantIn(ranked, at + 1) / (at + 1);
      }
      return sum / Math.min(deepest, relevant);
    },
  ndcg:
    (k: number): PlainMeasure =>
    (ranked) =>
      gainIn(ranked, k) /
      gainIn(
        ranked.toSorted((one, other) => other - one),
        k,
      ),
};

/** Mean over the queries that have something to find; NaN when none has. */
export function plainMean(queries: readonly (readonly PlainCandidate[])[], measure: PlainMeasure): number {
  const counted = queries.filter((candidates) => candidates.some(({ grade }) => grade > 0));
  return counted.reduce((sum, candidates) => sum + overOrders(candidates, measure), 0) / counted.length;
}
