import { callback, refuse, requireOptions, unknownOptions, wholeNumber } from "../contracts/options.js";
import { UsageError } from "../errors.js";
import type { SimilarityModel } from "../model/similarity-model.js";
import { prepareBackend } from "../tensor/backend.js";
import { pairDistances } from "../tensor/pair-distances.js";
import type { Postprocessor, Ranked } from "./postprocessor.js";

/** A query and one of its results. */
export interface QueryResult<Query, Result> {
  readonly query: Query;
  readonly result: Result;
}

/** Options of `PairwiseReranker`. */
export interface PairwiseRerankerOptions<Query, Result> {
  /** How far apart the two of each pair are, by something better and slower than vectors: smaller is nearer. One number for each. */
  readonly distances: (pairs: readonly QueryResult<Query, Result>[]) => ArrayLike<number> | Promise<ArrayLike<number>>;
  /** How many of the nearest results are looked at. Default 10. */
  readonly topN?: number;
  /** Pairs given at once. Default 128. */
  readonly batchSize?: number;
}

/**
 * Orders the nearest results of each query anew, by a model that looks at both things of a pair. Results beyond `topN` stay behind them
 * in their order; their distances grow by so much that the list stays in order.
 */
export class PairwiseReranker<Query, Result extends Ranked> implements Postprocessor<Query, Result> {
  readonly #options: Required<PairwiseRerankerOptions<Query, Result>>;

  /** @throws ConfigError. */
  constructor(options: PairwiseRerankerOptions<Query, Result>) {
    requireOptions("PairwiseReranker", options, "options such as { distances }");
    const { distances, topN = 10, batchSize = 128 } = options;
    refuse("PairwiseReranker", [
      callback("distances", distances),
      wholeNumber("topN", topN, 1),
      wholeNumber("batchSize", batchSize, 1),
      ...unknownOptions(options, ["distances", "topN", "batchSize"]),
    ]);
    this.#options = { distances, topN, batchSize };
  }

  /** @throws UsageError when `distances` gives another number of numbers, or one that is NaN. */
  async apply(queries: readonly Query[], results: readonly (readonly Result[])[]): Promise<Result[][]> {
    if (queries.length !== results.length) {
      throw new UsageError(
        `PairwiseReranker: expected one list of results for each of ${queries.length} queries, got ${results.length}`,
      );
    }
    const { topN } = this.#options;
    const found = await this.#distancesOf(
      results.flatMap((list, at) => list.slice(0, topN).map((result) => ({ query: queries[at]!, result }))),
    );
    let next = 0;
    return results.map((list) => {
      const first = list.slice(0, topN).map((result) => ({ ...result, distance: found[next++]! }));
      first.sort((one, other) => one.distance - other.distance || one.rank - other.rank);
      const rest = list.slice(topN);
      const behind = Math.max(0, (first.at(-1)?.distance ?? 0) - (rest[0]?.distance ?? Infinity));
      const moved = rest.map((result) => ({ ...result, distance: result.distance + behind }));
      return [...first, ...moved].map((result, at) => ({ ...result, rank: at + 1 }));
    });
  }

  async #distancesOf(pairs: readonly QueryResult<Query, Result>[]): Promise<Float64Array> {
    const { distances, batchSize } = this.#options;
    const found = new Float64Array(pairs.length);
    for (let start = 0; start < pairs.length; start += batchSize) {
      const some = pairs.slice(start, start + batchSize);
      const given = Array.from(await distances(some));
      if (
        given.length !== some.length ||
        given.some((distance) => typeof distance !== "number" || Number.isNaN(distance))
      ) {
        throw new UsageError(
          `PairwiseReranker: distances must give one number for each of ${some.length} pairs, got ${given.length}` +
            (given.length === some.length ? ", not all of them numbers" : ""),
        );
      }
      found.set(given, start);
    }
    return found;
  }
}

/**
 * A model of similarity as what a `PairwiseReranker` asks, such as a larger one than that of the index: every pair is encoded, each thing of
 * a batch once.
 *
 * @param items what the model reads of a query and of a result.
 */
export function modelDistances<Query, Result, Item>(
  model: SimilarityModel<Item>,
  items: { readonly query: (query: Query) => Item; readonly result: (result: Result) => Item },
): PairwiseRerankerOptions<Query, Result>["distances"] {
  return async (pairs) => {
    const places = new Map<Item, number>();
    const placeOf = (item: Item): number => {
      const place = places.get(item) ?? places.size;
      places.set(item, place);
      return place;
    };
    const sides = pairs.map(
      ({ query, result }) => [placeOf(items.query(query)), placeOf(items.result(result))] as const,
    );
    const { data, size } = await model.encode([...places.keys()]);
    const side = (which: 0 | 1): { data: Float32Array; rows: number; size: number } => {
      const rows = new Float32Array(pairs.length * size);
      sides.forEach((both, at) => rows.set(data.subarray(both[which] * size, (both[which] + 1) * size), at * size));
      return { data: rows, rows: pairs.length, size };
    };
    await prepareBackend();
    return pairDistances(model.distance, side(0), side(1));
  };
}
