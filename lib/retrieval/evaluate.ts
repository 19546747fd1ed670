import type { Distance } from "../contracts/distance.js";
import { refuse, share, unknownOptions, wholeNumber } from "../contracts/options.js";
import { distanceNamed, type DistanceName } from "../distances/index.js";
import { useNativeProducts } from "../engine/onnx-products.js";
import { ShapeError } from "../errors.js";
import type { Interval } from "../statistics/bootstrap.js";
import {
  discountedGain,
  anyHit,
  hits,
  reciprocalRank,
  summedPrecision,
  type RankProfile,
} from "../tensor/nearest-profile.js";
import { rankRelevant } from "../tensor/nearest-ranks.js";
import { allRows } from "../tensor/nearest-rows.js";
import { unionOfRuns } from "../tensor/runs.js";
import { ClassCurves } from "./class-curves.js";
import {
  judge,
  labelProblems,
  type Judgements,
  type LabelledRetrieval,
  type Relevant,
  type Sequences,
} from "./judgements.js";
import { missRates } from "./miss-rates.js";
import { QueryMeasures } from "./query-measures.js";
import { toMatrix, type Vectors } from "./vectors.js";

/** Queries, a corpus, and which rows of it each query should find. */
export interface RetrievalTask<K extends number> {
  readonly queries: Vectors;
  readonly corpus: Vectors;
  /** One for each query, where a grade of 0 or less means not relevant; or the labels of both sides. */
  readonly relevant: readonly Relevant[] | LabelledRetrieval;
  /** Rows of a query's own sequence are taken out of what it searches and of what it should find. Default: there are none. */
  readonly sequences?: Sequences;
  /**
   * The row of the corpus that each query is itself, if any, which it cannot find; "same" when queries and corpus are the same rows.
   * Default: there is none.
   */
  readonly ownRows?: "same" | readonly (number | null)[];
  /** Numbers of nearest rows to look at. Default 1 and 10. */
  readonly k?: readonly K[];
  /** Ranks of the cumulative match characteristic in the report. Default 0: none. */
  readonly ranks?: number;
  /** Default cosine. */
  readonly distance?: DistanceName | Distance;
  /** A name for each query, such as its class, or "known" and "unknown": the report then tells the means of each, and the mean of these. */
  readonly classes?: readonly string[];
  /**
   * Shares of other pairs that may be taken for matches, from 0 to less than 1: the report then tells which share of matching pairs is
   * missed. Compares everything twice more. Default: none.
   */
  readonly falseMatchRates?: readonly number[];
  /** Draws of queries for 95 % bootstrap intervals. Default 0: none. */
  readonly resamples?: number;
  /** Of these draws. Default 0. */
  readonly seed?: number;
}

/** Measures by name. */
export type RetrievalMeasures<K extends number> = {
  /**
   * - `precision@k`: share of the `k` nearest that is relevant; `recall@k`: share of the relevant that is among them;
   * - `hit-rate@k`: whether at least one is among them;
   * - `ndcg@k`: grades divided by `log2(1 + rank)`, as a share of the best that is possible;
   * - `map@k`: precision at the rank of each relevant one among them, divided by `min(k, R)`.
   */
  readonly [name in `${"precision" | "recall" | "hit-rate" | "ndcg" | "map"}@${K}`]: number;
} & {
  /** Reciprocal rank of the first relevant row, whatever it is. */
  readonly mrr: number;
  /** Share of the `R` nearest that is relevant, `R` being the number of relevant rows. */
  readonly "r-precision": number;
};

/** What is said of the queries of one class. */
export type ClassReport<K extends number> = RetrievalMeasures<K> & {
  readonly queries: number;
  readonly cmc: readonly number[];
  readonly missRates: Readonly<Record<string, number>>;
};

/** Means over the queries that have something to find; NaN when none has. */
export type RetrievalReport<K extends number> = RetrievalMeasures<K> & {
  /** How many queries count. */
  readonly queries: number;
  /** How many do not, because nothing is relevant to them. */
  readonly excluded: number;
  /** Cumulative match characteristic: the share of queries with a relevant row by rank 1, 2, … `ranks`. */
  readonly cmc: readonly number[];
  /**
   * By false match rate: the share of matching pairs of a query and a row (FNMR) that the largest threshold misses which takes no more
   * than that share of the other pairs; of all queries, those that have nothing to find included. NaN when there are no pairs of one sort.
   */
  readonly missRates: Readonly<Record<string, number>>;
  /** Name of the distance. */
  readonly distance: string;
  /** Of each class, over its own queries that count; empty without `classes`. */
  readonly perClass: Readonly<Record<string, ClassReport<K>>>;
  /** Mean over classes, so that each counts the same; null without `classes`. */
  readonly macro: RetrievalMeasures<K> | null;
  /** By the names of the measures; empty without `resamples`. */
  readonly intervals: Readonly<Record<string, Interval>>;
};

/**
 * How well queries find what is relevant to them in a corpus. Rows of equal distance have no order: every number is the mean over all
 * orders they could have.
 *
 * The corpus is compared in blocks: memory does not grow with queries × corpus, and other work of the process runs in between.
 *
 * @throws ShapeError, UsageError for rows that the corpus does not have, DataError for vectors that are not finite.
 */
export async function evaluateRetrieval<const K extends number = 1 | 10>(
  task: RetrievalTask<K>,
): Promise<RetrievalReport<K>> {
  const ks: readonly number[] = task.k ?? [1, 10];
  const rates = task.falseMatchRates ?? [];
  refuse("evaluateRetrieval", [
    ...ks.map((k) => wholeNumber("k", k, 1)),
    wholeNumber("resamples", task.resamples ?? 0, 0),
    wholeNumber("ranks", task.ranks ?? 0, 0),
    ...rates.map((rate) => share("falseMatchRates", rate)),
    ...labelProblems(task.relevant),
    ...unknownOptions(task, [
      ...["queries", "corpus", "relevant", "sequences", "ownRows", "k", "ranks", "falseMatchRates", "distance"],
      ...["classes", "resamples", "seed"],
    ]),
  ]);
  const queries = toMatrix("evaluateRetrieval, queries", task.queries);
  const corpus = toMatrix("evaluateRetrieval, corpus", task.corpus);
  if (queries.size !== corpus.size && queries.rows > 0 && corpus.rows > 0) {
    throw new ShapeError("evaluateRetrieval, corpus", `rows of ${queries.size} numbers, as the queries`, [corpus.size]);
  }
  const distance = distanceNamed(task.distance ?? "cosine");
  const judgements = judge("evaluateRetrieval", task, queries.rows, corpus.rows);
  const measures = measuresAt(ks, judgements);
  const classes = task.classes ?? null;
  if (classes !== null && classes.length !== queries.rows) {
    throw new ShapeError("evaluateRetrieval, classes", `one name for each of ${queries.rows} queries`, [
      classes.length,
    ]);
  }
  const found = new QueryMeasures(Object.keys(measures));
  const curves = new ClassCurves(task.ranks ?? 0, classes);
  const deepest = Math.max(...ks, task.ranks ?? 0, 1);
  useNativeProducts();
  const { order, grades } = judgements;
  await rankRelevant(
    distance,
    {
      queries: allRows(queries),
      candidates: { matrix: corpus, rows: order },
      relevant: (query) => judgements.relevant(query),
      skipped: (query) => unionOfRuns(judgements.relevant(query), judgements.ignored(query)),
      ...(grades === null ? {} : { gains: grades }),
      depth: (count) => ({ cutoff: Math.max(deepest, count), first: true }),
    },
    (profile) => {
      curves.add(profile);
      found.add(profile.query, (name) => (profile.valid ? measures[name]!(profile) : NaN));
    },
  );
  const { perClass, macro } = found.byClass(classes);
  const missed = async (asking: readonly number[]): Promise<Record<string, number>> => {
    const values = await missRates({ distance, queries, corpus, judgements }, asking, rates);
    return Object.fromEntries(rates.map((rate, at) => [String(rate), values[at]!]));
  };
  const ofClass = async (name: string): Promise<object> => ({
    cmc: curves.of(name),
    missRates: await missed(upToRows(queries.rows).filter((query) => classes?.[query] === name)),
  });
  const parts: [string, object][] = [];
  for (const [name, means] of Object.entries(perClass)) parts.push([name, { ...means, ...(await ofClass(name)) }]);
  const report = {
    ...found.means(),
    queries: found.count,
    excluded: queries.rows - found.count,
    cmc: curves.whole,
    missRates: await missed(upToRows(queries.rows)),
    distance: distance.name,
    perClass: Object.fromEntries(parts),
    macro,
    intervals: found.intervals(task.resamples ?? 0, task.seed ?? 0),
  };
  // The names were made from the same `k`s as the type.
  return report as unknown as RetrievalReport<K>;
}

function upToRows(rows: number): number[] {
  return Array.from({ length: rows }, (_, row) => row);
}

function measuresAt(
  ks: readonly number[],
  { grades }: Judgements,
): Readonly<Record<string, (profile: RankProfile) => number>> {
  const measures: Record<string, (profile: RankProfile) => number> = {
    mrr: (profile) => reciprocalRank(profile),
    "r-precision": (profile) => hits(profile, profile.relevant) / profile.relevant,
  };
  for (const k of ks) {
    measures[`precision@${k}`] = (profile) => hits(profile, k) / k;
    measures[`recall@${k}`] = (profile) => hits(profile, k) / profile.relevant;
    measures[`hit-rate@${k}`] = (profile) => anyHit(profile, k);
    measures[`map@${k}`] = (profile) => summedPrecision(profile, k) / Math.min(k, profile.relevant);
    measures[`ndcg@${k}`] = (profile) =>
      discountedGain(profile, k) / largestGain(profile.relevant, grades?.(profile.query) ?? null, k);
  }
  return measures;
}

/** Of so many relevant rows, each worth 1 where there are no grades. */
function largestGain(relevant: number, grades: Float64Array | null, k: number): number {
  const best = grades?.toSorted().reverse();
  let sum = 0;
  for (let at = 0; at < Math.min(k, relevant); at += 1) sum += (best?.[at] ?? 1) / Math.log2(2 + at);
  return sum;
}
