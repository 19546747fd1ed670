import type { HostTargets } from "../lib/contracts/index.js";
import type { HostMatrix } from "../lib/tensor/host.js";
import type { Random } from "../lib/random.js";
import { runLength } from "../lib/tensor/nearest-rows.js";
import type { Ranking } from "../lib/tensor/nearest-ranking.js";
import type { RetrievalKind } from "./kind.js";

/** Who looks for whom. */
export type Search = Omit<Ranking, "depth">;

/** The targets of all batches so far, in the order of their rows. */
export interface Collected<K extends RetrievalKind> {
  readonly kind: K;
  /** `rows` rows, which follow those that are there. */
  append(targets: HostTargets<K>, rows: number): void;
  /** What is to be found among all rows. */
  search(matrix: HostMatrix): Search;
}

/** The same search with so many of its queries that have something to find, drawn at random. */
export function sampleQueries(search: Search, count: number, random: Random): Search {
  const { queries, relevant, skipped, gains } = search;
  const asking = Int32Array.from(queries.rows.keys()).filter((query) => runLength(relevant(query)) > 0);
  const drawn = random.shuffle(asking).slice(0, count).sort();
  const rows = drawn.map((query) => queries.rows[query]!);
  return {
    ...search,
    queries: { ...queries, rows },
    relevant: (query) => relevant(drawn[query]!),
    skipped: (query) => skipped(drawn[query]!),
    ...(gains === undefined ? {} : { gains: (query: number) => gains(drawn[query]!) }),
  };
}
