import type { RankDepth } from "./nearest-counts.js";
import type { RowSet, Runs } from "./nearest-rows.js";

/** Queries, candidates and what they are to each other. */
export interface Ranking {
  readonly queries: RowSet;
  /** The same object as `queries` when rows are searched among themselves; `skipped` must be symmetric then. */
  readonly candidates: RowSet;
  /** Candidates that should be found. Queries that share some are ranked faster when they are neighbours. */
  relevant(query: number): Runs;
  /** Candidates that do not count as others: the relevant ones, the query itself, and those of which nothing is known. */
  skipped(query: number): Runs;
  /** One for each relevant candidate; by default each is worth 1. */
  readonly gains?: (query: number) => Float64Array;
  readonly depth: (relevant: number) => RankDepth;
}
