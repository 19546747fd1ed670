import type { Distance } from "../contracts/distance.js";
import { refuse, unknownOptions, wholeNumber } from "../contracts/options.js";
import { distanceNamed, type DistanceName } from "../distances/index.js";
import { useNativeProducts } from "../engine/onnx-products.js";
import { ShapeError, UsageError } from "../errors.js";
import type { Interval } from "../statistics/bootstrap.js";
import type { HostMatrix } from "../tensor/host.js";
import { MatchCurve } from "../tensor/match-curve.js";
import {
  discountedGain,
  anyHit,
  hits,
  reciprocalRank,
  summedPrecision,
  type RankProfile,
} from "../tensor/nearest-profile.js";
import { rankRelevant } from "../tensor/nearest-ranks.js";
import { allRows, toRuns } from "../tensor/nearest-rows.js";
import { QueryMeasures } from "./query-measures.js";
import { toMatrix, type Vectors } from "./vectors.js";

/** Rows of the corpus that a query should find, with a grade above 0 for each when they are not equally relevant. */
export type Relevant = readonly number[] | ReadonlyMap<number, number>;

/** Queries, a corpus, and which rows of it each query should find. */
export interface RetrievalTask<K extends number> {
  readonly queries: Vectors;
  readonly corpus: Vectors;
  /** One for each query. A grade of 0 or less means not relevant. */
  readonly relevant: readonly Relevant[];
  /** Numbers of nearest rows to look at. Default 1 and 10. */
  readonly k?: readonly K[];
  /** Ranks of the cumulative match characteristic in the report. Default 0: none. */
  readonly ranks?: number;
  /** Default cosine. */
  readonly distance?: DistanceName | Distance;
  /** A name for each query, such as its class, or "known" and "unknown": the report then tells the means of each, and the mean of these. */
  readonly classes?: readonly string[];
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

/** Means over the queries that have something to find; NaN when none has. */
export type RetrievalReport<K extends number> = RetrievalMeasures<K> & {
  /** How many queries count. */
  readonly queries: number;
  /** How many do not, because nothing is relevant to them. */
  readonly excluded: number;
  /** Cumulative match characteristic: the share of queries with a relevant row by rank 1, 2, … `ranks`. */
  readonly cmc: readonly number[];
  /** Name of the distance. */
  readonly distance: string;
  /** Of each class, over its own queries that count; empty without `classes`. */
  readonly perClass: Readonly<Record<string, RetrievalMeasures<K> & { readonly queries: number }>>;
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
  refuse("evaluateRetrieval", [
    ...ks.map((k) => wholeNumber("k", k, 1)),
    wholeNumber("resamples", task.resamples ?? 0, 0),
    wholeNumber("ranks", task.ranks ?? 0, 0),
    ...unknownOptions(task, [
      ...["queries", "corpus", "relevant", "k", "ranks", "distance", "classes", "resamples", "seed"],
    ]),
  ]);
  const queries = toMatrix("evaluateRetrieval, queries", task.queries);
  const corpus = toMatrix("evaluateRetrieval, corpus", task.corpus);
  if (queries.size !== corpus.size && queries.rows > 0 && corpus.rows > 0) {
    throw new ShapeError("evaluateRetrieval, corpus", `rows of ${queries.size} numbers, as the queries`, [corpus.size]);
  }
  const distance = distanceNamed(task.distance ?? "cosine");
  const judged = judge(task.relevant, queries, corpus);
  const measures = measuresAt(ks, judged);
  if (task.classes !== undefined && task.classes.length !== queries.rows) {
    throw new ShapeError("evaluateRetrieval, classes", `one name for each of ${queries.rows} queries`, [
      task.classes.length,
    ]);
  }
  const found = new QueryMeasures(Object.keys(measures));
  const curve = new MatchCurve(task.ranks ?? 0);
  const deepest = Math.max(...ks, task.ranks ?? 0, 1);
  useNativeProducts();
  await rankRelevant(
    distance,
    {
      queries: allRows(queries),
      candidates: allRows(corpus),
      relevant: (query) => judged[query]!.runs,
      skipped: (query) => judged[query]!.runs,
      gains: (query) => judged[query]!.grades,
      depth: (relevant) => ({ cutoff: Math.max(deepest, relevant), first: true }),
    },
    (profile) => {
      curve.add(profile);
      found.add(profile.query, (name) => (profile.valid ? measures[name]!(profile) : NaN));
    },
  );
  const rest = {
    queries: found.count,
    excluded: queries.rows - found.count,
    cmc: [...curve.rates()],
    distance: distance.name,
  };
  const byClass = found.byClass(task.classes ?? null);
  const intervals = found.intervals(task.resamples ?? 0, task.seed ?? 0);
  // The names were made from the same `k`s as the type.
  return { ...found.means(), ...rest, ...byClass, intervals } as unknown as RetrievalReport<K>;
}

/** What is relevant to a query, in the order of the corpus. */
interface Judged {
  readonly runs: Int32Array;
  readonly grades: Float64Array;
  /** Highest first. */
  readonly best: Float64Array;
}

function judge(relevant: readonly Relevant[], queries: HostMatrix, corpus: HostMatrix): Judged[] {
  if (relevant.length !== queries.rows) {
    throw new ShapeError("evaluateRetrieval, relevant", `one entry for each of ${queries.rows} queries`, [
      relevant.length,
    ]);
  }
  return relevant.map((given, query) => {
    const graded =
      given instanceof Map ? new Map(given as ReadonlyMap<number, number>) : new Map([...given].map(ofOne));
    for (const [row, grade] of graded) {
      if (!Number.isInteger(row) || row < 0 || row >= corpus.rows || !Number.isFinite(grade)) {
        throw new UsageError(
          `evaluateRetrieval: query ${query} should find row ${row} with grade ${grade}, but the corpus has rows 0 to ${corpus.rows - 1}`,
        );
      }
      if (grade <= 0) graded.delete(row);
    }
    const rows = [...graded.keys()].sort((left, right) => left - right);
    const grades = Float64Array.from(rows, (row) => graded.get(row)!);
    return { runs: toRuns(rows), grades, best: grades.toSorted().reverse() };
  });
}

function ofOne(row: unknown): [number, number] {
  return [row as number, 1];
}

function measuresAt(
  ks: readonly number[],
  judged: readonly Judged[],
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
    measures[`ndcg@${k}`] = (profile) => discountedGain(profile, k) / ideal(judged[profile.query]!.best, k);
  }
  return measures;
}

function ideal(best: Float64Array, k: number): number {
  return best.subarray(0, k).reduce((sum, grade, at) => sum + grade / Math.log2(2 + at), 0);
}
