import { callback, refuse, unknownOptions, wholeNumber } from "../contracts/options.js";
import { DataError, UsageError } from "../errors.js";
import type { SimilarityModel } from "../model/similarity-model.js";
import { Random } from "../random.js";
import { bootstrapMean, type Interval } from "../statistics/bootstrap.js";
import type { HostMatrix } from "../tensor/host.js";
import { MatchCurve } from "../tensor/match-curve.js";
import { findNearest, type Nearest } from "../tensor/nearest-top.js";
import { mergeNearest } from "./merge-nearest.js";
import { QueryMeasures } from "./query-measures.js";
import { rankedMeasures } from "./ranked-measures.js";

/** Queries, a corpus and judgements, each item under its own id: the form of most public collections. */
export interface RetrievalCollection<Item> {
  readonly queries: ReadonlyMap<string, Item>;
  /** Read once, a chunk at a time; need not fit into memory. */
  readonly corpus: Iterable<readonly [id: string, item: Item]> | AsyncIterable<readonly [id: string, item: Item]>;
  /** For each query the grades of corpus ids; 0 or less means not relevant. */
  readonly relevant: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Options of `evaluateModel`. */
export interface ModelEvaluationOptions<K extends number> {
  /** Numbers of nearest documents to look at. Default 1 and 10. */
  readonly k?: readonly K[];
  /** Ranks of the cumulative match characteristic. Default 0: none. */
  readonly ranks?: number;
  /** A name for each query id, such as its class, or "known" and "unknown": the means of each are told too, and the mean of these. */
  readonly classes?: ReadonlyMap<string, string>;
  /** Documents encoded and searched at a time. Default 10,000. */
  readonly chunkSize?: number;
  /** Documents encoded at once within a chunk. Default 256. */
  readonly batchSize?: number;
  /** Draws of queries for the intervals; 0 for none. Default 1,000. */
  readonly resamples?: number;
  /** Of these draws. Default 0. */
  readonly seed?: number;
  /** Is told how many documents have been searched. */
  readonly onProgress?: (documents: number) => void;
}

/** Names of the measures. */
export type RankedMeasure<K extends number> = `${"precision" | "recall" | "hit-rate" | "ndcg" | "map" | "mrr"}@${K}`;

/** Means over queries with their 95 % bootstrap intervals over queries. */
export interface ModelEvaluation<K extends number> {
  /** See `RetrievalReport`; `mrr@k` is the reciprocal rank of the first relevant document among the `k` nearest. */
  readonly values: Readonly<Record<RankedMeasure<K>, Interval>>;
  /** Means of each class, over its own queries that count; empty without `classes`. */
  readonly perClass: Readonly<Record<string, Readonly<Record<RankedMeasure<K> | "queries", number>>>>;
  /** Mean over classes, so that each counts the same; null without `classes`. */
  readonly macro: Readonly<Record<RankedMeasure<K>, number>> | null;
  /** Cumulative match characteristic: the share of queries with a relevant document by rank 1, 2, … `ranks`. */
  readonly cmc: readonly number[];
  /** How many queries count, and how many have nothing relevant. */
  readonly queries: number;
  readonly excluded: number;
  readonly documents: number;
  readonly distance: string;
  /** Ids of the nearest documents of each query that counts, nearest first. */
  readonly rankings: ReadonlyMap<string, readonly string[]>;
}

/**
 * How well a model finds what is relevant to queries in a corpus that is streamed: documents are encoded and searched chunk by chunk, and
 * only the nearest of each query are kept. Documents of equal distance come in the order of the corpus.
 *
 * @throws ConfigError; UsageError for a judgement of an unknown query; DataError for two documents of one id, and for judged documents
 * that the corpus does not have.
 */
export async function evaluateModel<Item, const K extends number = 1 | 10>(
  model: SimilarityModel<Item>,
  { queries, corpus, relevant }: RetrievalCollection<Item>,
  options: ModelEvaluationOptions<K> = {},
): Promise<ModelEvaluation<K>> {
  const { chunkSize = 10_000, batchSize = 256, resamples = 1000, seed = 0, ranks = 0, classes, onProgress } = options;
  const ks: readonly number[] = options.k ?? [1, 10];
  refuse("evaluateModel", [
    ...ks.map((k) => wholeNumber("k", k, 1)),
    ...[wholeNumber("chunkSize", chunkSize, 1), wholeNumber("batchSize", batchSize, 1)],
    ...[wholeNumber("resamples", resamples, 0), wholeNumber("ranks", ranks, 0)],
    onProgress === undefined ? null : callback("onProgress", onProgress),
    ...unknownOptions(options, ["k", "ranks", "classes", "chunkSize", "batchSize", "resamples", "seed", "onProgress"]),
  ]);
  const graded = gradesOf(relevant, queries);
  const names = [...graded.keys()];
  const items = names.map((name) => queries.get(name) as Item);
  const asked = await model.encode(items, { batchSize });
  const search = new CorpusSearch(model, asked, Math.max(1, ranks, ...ks));
  for await (const chunk of chunksOf(corpus, chunkSize)) {
    await search.add(chunk, batchSize);
    onProgress?.(search.ids.length);
  }
  search.requireIds(graded);

  const rankings = new Map(names.map((name, query) => [name, search.ranking(query)] as const));
  const perQuery = names.map((name) => rankedMeasures(rankings.get(name)!, graded.get(name)!, ks));
  const found = new QueryMeasures(Object.keys(rankedMeasures([], new Map(), ks)));
  perQuery.forEach((measures, query) => found.add(query, (measure) => measures[measure]!));
  const curve = new MatchCurve(ranks);
  for (const name of names) {
    curve.addRank(rankings.get(name)!.findIndex((id) => graded.get(name)!.has(id)) + 1 || Infinity);
  }
  const random = new Random(seed);
  const values = Object.fromEntries(
    Object.keys(rankedMeasures([], new Map(), ks)).map((measure) => {
      const numbers = perQuery.map((measures) => measures[measure]!);
      return [measure, intervalOf(numbers, random.fork(measure), resamples)];
    }),
  );
  return {
    // The names were made from the same `k`s as the type.
    values: values as ModelEvaluation<K>["values"],
    ...(found.byClass(classesOf(names, classes)) as Pick<ModelEvaluation<K>, "perClass" | "macro">),
    cmc: [...curve.rates()],
    queries: names.length,
    excluded: queries.size - names.length,
    documents: search.ids.length,
    distance: model.distance.name,
    rankings,
  };
}

/** The nearest documents of every query among those seen so far. */
class CorpusSearch<Item> {
  readonly ids: string[] = [];
  readonly #known = new Set<string>();
  readonly #model: SimilarityModel<Item>;
  readonly #queries: HostMatrix;
  readonly #depth: number;
  #best: Nearest = { count: 0, rows: new Int32Array(), distances: new Float32Array() };

  constructor(model: SimilarityModel<Item>, queries: HostMatrix, depth: number) {
    this.#model = model;
    this.#queries = queries;
    this.#depth = depth;
  }

  async add(chunk: readonly (readonly [id: string, item: Item])[], batchSize: number): Promise<void> {
    const start = this.ids.length;
    for (const [id] of chunk) {
      if (this.#known.has(id)) throw new DataError(`evaluateModel: two documents of the corpus have the id "${id}"`);
      this.#known.add(id);
      this.ids.push(id);
    }
    const items = chunk.map(([, item]) => item);
    const vectors = await this.#model.encode(items, { batchSize });
    const found = await findNearest(this.#model.distance, this.#queries, vectors, this.#depth);
    const placed = { ...found, rows: found.rows.map((row) => row + start) };
    this.#best = mergeNearest(this.#best, placed, this.#queries.rows, this.#depth);
  }

  ranking(query: number): readonly string[] {
    const { count, rows } = this.#best;
    return Array.from(rows.subarray(query * count, (query + 1) * count), (row) => this.ids[row]!);
  }

  requireIds(graded: ReadonlyMap<string, ReadonlyMap<string, number>>): void {
    const missing = new Set(
      [...graded.values()].flatMap((grades) => [...grades.keys()].filter((id) => !this.#known.has(id))),
    );
    if (missing.size === 0) return;
    const some = [...missing].slice(0, 5).map((id) => `"${id}"`);
    throw new DataError(
      `evaluateModel: ${missing.size} judged documents are not in the corpus: ${some.join(", ")}${missing.size > 5 ? ", …" : ""}`,
    );
  }
}

/** Grades above 0 of the queries that have any. */
function gradesOf<Item>(
  relevant: ReadonlyMap<string, ReadonlyMap<string, number>>,
  queries: ReadonlyMap<string, Item>,
): Map<string, ReadonlyMap<string, number>> {
  const graded = new Map<string, ReadonlyMap<string, number>>();
  for (const [query, grades] of relevant) {
    if (!queries.has(query))
      throw new UsageError(`evaluateModel: query "${query}" is judged, but there is no such query`);
    const positive = new Map([...grades].filter(([, grade]) => grade > 0));
    if (positive.size > 0) graded.set(query, positive);
  }
  return graded;
}

/** @throws UsageError for a query without a class. */
function classesOf(names: readonly string[], classes: ReadonlyMap<string, string> | undefined): string[] | null {
  if (classes === undefined) return null;
  return names.map((name) => {
    const own = classes.get(name);
    if (own === undefined) throw new UsageError(`evaluateModel: classes has no class for query "${name}"`);
    return own;
  });
}

async function* chunksOf<T>(
  source: Iterable<T> | AsyncIterable<T>,
  size: number,
): AsyncGenerator<T[], void, undefined> {
  let chunk: T[] = [];
  for await (const one of source) {
    chunk.push(one);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

function intervalOf(values: readonly number[], random: Random, resamples: number): Interval {
  if (resamples > 0) return bootstrapMean(values, random, { resamples });
  const value = values.reduce((sum, one) => sum + one, 0) / values.length;
  return { value, low: NaN, high: NaN };
}
