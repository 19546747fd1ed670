/** How many items lie in each pair of clusters of two clusterings of the same items. */
interface Contingency {
  readonly items: number;
  readonly left: readonly number[];
  readonly right: readonly number[];
  /** `[left, right, how many]` of pairs that occur. */
  readonly cells: readonly (readonly [left: number, right: number, items: number])[];
}

/**
 * Normalized mutual information of two clusterings: `2 I(U, V) / (H(U) + H(V))`, from 0 (independent) to 1 (the same). 1 when both
 * have one cluster; NaN for no items.
 */
export function normalizedMutualInformation(left: ArrayLike<number>, right: ArrayLike<number>): number {
  const table = contingency(left, right);
  if (table.items === 0) return NaN;
  const scale = (entropy(table.left, table.items) + entropy(table.right, table.items)) / 2;
  return scale === 0 ? 1 : clamp(mutualInformation(table) / scale);
}

/**
 * Mutual information of two clusterings above what chance gives, `(I - E[I]) / ((H(U) + H(V)) / 2 - E[I])`: 1 when they are the same,
 * about 0 for random ones, however many clusters they have.
 *
 * Vinh, Epps, Bailey, "Information Theoretic Measures for Clusterings Comparison", JMLR 2010.
 */
export function adjustedMutualInformation(left: ArrayLike<number>, right: ArrayLike<number>): number {
  const table = contingency(left, right);
  if (table.items === 0) return NaN;
  const trivial = (sizes: readonly number[]): boolean => sizes.length === 1 || sizes.length === table.items;
  if (table.left.length === table.right.length && trivial(table.left) && trivial(table.right)) return 1;
  const expected = expectedInformation(table);
  const scale = (entropy(table.left, table.items) + entropy(table.right, table.items)) / 2 - expected;
  const gain = mutualInformation(table) - expected;
  return Math.abs(scale) < 1e-12 ? (Math.abs(gain) < 1e-12 ? 0 : Math.sign(gain)) : gain / scale;
}

function contingency(left: ArrayLike<number>, right: ArrayLike<number>): Contingency {
  const leftPlaces = new Map<number, number>();
  const rightPlaces = new Map<number, number>();
  const placeOf = (places: Map<number, number>, label: number): number => {
    const known = places.get(label) ?? places.size;
    places.set(label, known);
    return known;
  };
  const pairs = Array.from({ length: left.length }, (_, at) => {
    return [placeOf(leftPlaces, left[at]!), placeOf(rightPlaces, right[at]!)] as const;
  });
  const leftSizes = new Array<number>(leftPlaces.size).fill(0);
  const rightSizes = new Array<number>(rightPlaces.size).fill(0);
  const counts = new Map<number, number>();
  for (const [row, column] of pairs) {
    leftSizes[row]! += 1;
    rightSizes[column]! += 1;
    const cell = row * rightPlaces.size + column;
    counts.set(cell, (counts.get(cell) ?? 0) + 1);
  }
  const cells = [...counts].map(
    ([cell, items]) => [Math.floor(cell / rightPlaces.size), cell % rightPlaces.size, items] as const,
  );
  return { items: left.length, left: leftSizes, right: rightSizes, cells };
}

function entropy(sizes: readonly number[], items: number): number {
  return -sizes.reduce((sum, size) => sum + (size / items) * Math.log(size / items), 0);
}

function mutualInformation({ items, left, right, cells }: Contingency): number {
  return cells.reduce(
    (sum, [row, column, count]) => sum + (count / items) * Math.log((items * count) / (left[row]! * right[column]!)),
    0,
  );
}

/** Under the hypergeometric model: all clusterings with these sizes are equally likely. */
function expectedInformation({ items, left, right }: Contingency): number {
  const logFactorials = new Float64Array(items + 1);
  for (let n = 2; n <= items; n += 1) logFactorials[n] = logFactorials[n - 1]! + Math.log(n);
  const log = (n: number): number => logFactorials[n]!;
  let sum = 0;
  // Clusters of equal size have equal terms.
  const rightSizes = tally(right);
  for (const [a, times] of tally(left)) {
    for (const [b, others] of rightSizes) {
      let terms = 0;
      for (let shared = Math.max(1, a + b - items); shared <= Math.min(a, b); shared += 1) {
        const information = (shared / items) * Math.log((items * shared) / (a * b));
        const probability = Math.exp(
          log(a) +
            log(b) +
            log(items - a) +
            log(items - b) -
            log(items) -
            log(shared) -
            log(a - shared) -
            log(b - shared) -
            log(items - a - b + shared),
        );
        terms += information * probability;
      }
      sum += times * others * terms;
    }
  }
  return sum;
}

function tally(sizes: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const size of sizes) counts.set(size, (counts.get(size) ?? 0) + 1);
  return counts;
}

function clamp(value: number): number {
  return Math.max(0, Math.min(1, value));
}
