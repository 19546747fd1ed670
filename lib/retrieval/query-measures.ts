import { Random } from "../random.js";
import { bootstrapMean, type Interval } from "../statistics/bootstrap.js";

/** Measures of single queries, and what is said of many of them. */
export class QueryMeasures {
  readonly #names: readonly string[];
  readonly #queries: number[] = [];
  /** By name, in the order of the queries. */
  readonly #values: Readonly<Record<string, number[]>>;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#values = Object.fromEntries(names.map((name) => [name, []]));
  }

  /** How many queries count. */
  get count(): number {
    return this.#queries.length;
  }

  add(query: number, measure: (name: string) => number): void {
    this.#queries.push(query);
    for (const name of this.#names) this.#values[name]!.push(measure(name));
  }

  means(): Record<string, number> {
    return this.#meansOf(this.#queries.map((_, place) => place));
  }

  /** Means of each class, and the mean of these; none without classes. */
  byClass(classes: readonly string[] | null): {
    readonly perClass: Readonly<Record<string, Record<string, number>>>;
    readonly macro: Record<string, number> | null;
  } {
    if (classes === null) return { perClass: {}, macro: null };
    const places = new Map<string, number[]>();
    this.#queries.forEach((query, place) => {
      const name = classes[query]!;
      const known = places.get(name);
      if (known === undefined) places.set(name, [place]);
      else known.push(place);
    });
    const named = [...places].map(
      ([name, own]) => [name, { ...this.#meansOf(own), queries: own.length } as Record<string, number>] as const,
    );
    const macro = this.#names.map((name) => [
      name,
      named.reduce((sum, [, means]) => sum + means[name]!, 0) / named.length,
    ]);
    return { perClass: Object.fromEntries(named), macro: Object.fromEntries(macro) as Record<string, number> };
  }

  /** By name; none for no draws. */
  intervals(resamples: number, seed: number): Record<string, Interval> {
    if (resamples === 0) return {};
    const random = new Random(seed);
    return Object.fromEntries(
      this.#names.map((name) => [name, bootstrapMean(this.#values[name]!, random.fork(name), { resamples })]),
    );
  }

  #meansOf(places: readonly number[]): Record<string, number> {
    const means = this.#names.map((name) => {
      const values = this.#values[name]!;
      return [name, places.reduce((sum, place) => sum + values[place]!, 0) / places.length];
    });
    return Object.fromEntries(means) as Record<string, number>;
  }
}
