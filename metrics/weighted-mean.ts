/** What queries weigh and what they are worth, added up: over all of them, or group by group first. */
export class WeightedMean {
  readonly #groupOf: ((row: number) => number) | null;
  readonly #sums = new Map<number, { sum: number; weight: number; queries: number }>();

  /** @param groupOf of a row; null for the mean over all queries. */
  constructor(groupOf: ((row: number) => number) | null) {
    this.#groupOf = groupOf;
  }

  add(row: number, value: number, weight: number): void {
    const group = this.#groupOf?.(row) ?? 0;
    const known = this.#sums.get(group) ?? { sum: 0, weight: 0, queries: 0 };
    known.sum += weight * value;
    known.weight += weight;
    known.queries += 1;
    this.#sums.set(group, known);
  }

  /** Mean of the means of groups; NaN when nothing was added. */
  get value(): number {
    let total = 0;
    for (const { sum, weight } of this.#sums.values()) total += sum / weight;
    return total / this.#sums.size;
  }

  get byGroup(): readonly (readonly [group: number, value: { readonly value: number; readonly queries: number }])[] {
    return [...this.#sums].map(([group, { sum, weight, queries }]) => [group, { value: sum / weight, queries }]);
  }
}
