import { callback, refuse, unknownOptions, wholeNumber } from "../contracts/options.js";
import { UsageError } from "../errors.js";
import type { SimilarityModel } from "../model/similarity-model.js";
import { Random } from "../random.js";
import { bootstrapMean, type Interval } from "../statistics/bootstrap.js";
import { ClassCurves } from "./class-curves.js";
import { collectionProblems, isIterable } from "./collection-problems.js";
import { CollectionJudge, type RetrievalCollection } from "./collection.js";
import { CorpusSearch } from "./corpus-search.js";
import { QueryMeasures } from "./query-measures.js";
import { rankedMeasures, type QueryGrades } from "./ranked-measures.js";

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
  /** Put before queries and before documents that are texts, for language models that were trained so. Default nothing. */
  readonly prompts?: { readonly query?: string; readonly document?: string };
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
  readonly perClass: Readonly<
    Record<string, Readonly<Record<RankedMeasure<K> | "queries", number>> & { readonly cmc: readonly number[] }>
  >;
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
 * only the nearest of each query are kept. Documents of equal distance come in the order of the corpus, so that figures of a corpus with
 * duplicates depend on it; those of `evaluateRetrieval` do not.
 *
 * @throws ConfigError; UsageError for a judgement of an unknown query; DataError for two documents of one id, and for judged documents
 * that the corpus does not have.
 */
export async function evaluateModel<Item, const K extends number = 1 | 10>(
  model: SimilarityModel<Item>,
  collection: RetrievalCollection<Item>,
  options: ModelEvaluationOptions<K> = {},
): Promise<ModelEvaluation<K>> {
  const { chunkSize = 10_000, batchSize = 256, resamples = 1000, seed = 0, ranks = 0 } = options;
  const { classes, onProgress, prompts = {} } = options;
  refuse("evaluateModel", [
    ...collectionProblems(collection),
    isIterable((collection as Partial<typeof collection> | null)?.corpus)
      ? null
      : "corpus: expected pairs of id and item, as a list or a stream",
  ]);
  const { queries, corpus } = collection;
  const ks: readonly number[] = options.k ?? [1, 10];
  refuse("evaluateModel", [
    ...ks.map((k) => wholeNumber("k", k, 1)),
    ...[wholeNumber("chunkSize", chunkSize, 1), wholeNumber("batchSize", batchSize, 1)],
    ...[wholeNumber("resamples", resamples, 0), wholeNumber("ranks", ranks, 0)],
    ...unknownOptions(prompts, ["query", "document"]),
    onProgress === undefined ? null : callback("onProgress", onProgress),
    ...unknownOptions(options, [
      "k",
      "ranks",
      "classes",
      "chunkSize",
      "batchSize",
      "prompts",
      "resamples",
      "seed",
      "onProgress",
    ]),
  ]);
  const judge = new CollectionJudge(collection);
  const items = judge.names.map((name) => queries.get(name) as Item);
  const asked = await model.encode(items, { batchSize, prompt: prompts.query ?? "" });
  const search = new CorpusSearch(model, judge, asked, Math.max(1, ranks, ...ks));
  for await (const chunk of chunksOf(corpus, chunkSize)) {
    await search.add(chunk, { batchSize, prompt: prompts.document ?? "" });
    onProgress?.(judge.ids.length);
  }
  const judgements = judge.judgements();
  const names = [...judgements.keys()];
  const found = search.rankings();
  const rankings = new Map(names.map((name) => [name, found.get(name)!] as const));
  const perQuery = names.map((name) => rankedMeasures(rankings.get(name)!, judgements.get(name)!, ks));
  const measured = Object.keys(rankedMeasures([], NOTHING, ks));
  const means = new QueryMeasures(measured);
  perQuery.forEach((measures, query) => means.add(query, (measure) => measures[measure]!));
  const classNames = classesOf(names, classes);
  const curves = new ClassCurves(ranks, classNames);
  names.forEach((name, query) => {
    const place = rankings.get(name)!.findIndex((id) => judgements.get(name)!.grade(id) > 0);
    curves.addRank(query, place + 1 || Infinity);
  });
  const { perClass, macro } = means.byClass(classNames);
  const random = new Random(seed);
  const values = Object.fromEntries(
    measured.map((measure) => {
      const numbers = perQuery.map((measures) => measures[measure]!);
      return [measure, intervalOf(numbers, random.fork(measure), resamples)];
    }),
  );
  return {
    // The names were made from the same `k`s as the type.
    values: values as ModelEvaluation<K>["values"],
    macro: macro as ModelEvaluation<K>["macro"],
    perClass: Object.fromEntries(
      Object.entries(perClass).map(([name, own]) => [name, { ...own, cmc: curves.of(name) }]),
    ) as unknown as ModelEvaluation<K>["perClass"],
    cmc: curves.whole,
    queries: names.length,
    excluded: queries.size - names.length,
    documents: judge.ids.length,
    distance: model.distance.name,
    rankings,
  };
}

/** Of a query without anything to find; for the names of measures. */
const NOTHING: QueryGrades = { relevant: 0, grade: () => 0, best: [] };

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
