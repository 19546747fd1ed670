/** What every list of results has, nearest first. */
export interface Ranked {
  /** From 1. */
  readonly rank: number;
  readonly distance: number;
}

/** Changes the results of each query, such as those of `ExactIndex.search`. */
export interface Postprocessor<Query, Result extends Ranked> {
  /** @param queries what was asked, one for each list. */
  apply(queries: readonly Query[], results: readonly (readonly Result[])[]): Promise<Result[][]>;
}
