import { checkedRelation, type GroupRelation } from "../contracts/group-relation.js";
import { callback, unknownOptions, type Problem } from "../contracts/options.js";
import type { Group } from "../contracts/samples.js";
import { ShapeError, UsageError } from "../errors.js";
import { LabelRuns } from "../tensor/label-runs.js";
import { toRuns, upTo, type Runs } from "../tensor/nearest-rows.js";
import { unionOfRuns, withoutRuns } from "../tensor/runs.js";

/** Rows of the corpus that a query should find, with a grade above 0 for each when they are not equally relevant. */
export type Relevant = readonly number[] | ReadonlyMap<number, number>;

/** Who should find whom, by labels in place of a list for each query. */
export interface LabelledRetrieval {
  /** The label of each query. */
  readonly queries: readonly Group[];
  /** The label of each row of the corpus. */
  readonly corpus: readonly Group[];
  /** Whether a query of the first label should find a row of the second. Default: when they are equal. Asked once for each two labels. */
  readonly relevant?: GroupRelation;
}

/** What queries and rows of the corpus were taken from, such as a video; null for something by itself. */
export interface Sequences {
  /** One for each query. */
  readonly queries: readonly (Group | null)[];
  /** One for each row of the corpus. */
  readonly corpus: readonly (Group | null)[];
}

/** What is known of queries and a corpus. */
export interface Judged {
  readonly relevant: readonly Relevant[] | LabelledRetrieval;
  readonly sequences?: Sequences;
  readonly ownRows?: "same" | readonly (number | null)[];
}

/** Who should find whom; places are those of the corpus in `order`. */
export interface Judgements {
  /** The row of the corpus at each place. */
  readonly order: Int32Array;
  relevant(query: number): Runs;
  /** Rows that a query cannot find: its own, and those of its sequence. */
  ignored(query: number): Runs;
  /** One for each relevant place, or null when each is worth 1. */
  readonly grades: ((query: number) => Float64Array) | null;
}

/** @throws ShapeError, and UsageError for rows that the corpus does not have and for options that are not known. */
export function judge(who: string, judged: Judged, queries: number, corpus: number): Judgements {
  const { relevant } = judged;
  return isList(relevant)
    ? judgeByRows(who, relevant, judged, queries, corpus)
    : judgeByLabels(who, relevant, judged, queries, corpus);
}

function isList(relevant: Judged["relevant"]): relevant is readonly Relevant[] {
  return Array.isArray(relevant);
}

/** What is wrong with labels, apart from how many there are. */
export function labelProblems(relevant: Judged["relevant"]): Problem[] {
  if (isList(relevant)) return [];
  return [
    ...unknownOptions(relevant, ["queries", "corpus", "relevant"]),
    relevant.relevant === undefined ? null : callback("relevant.relevant", relevant.relevant),
  ];
}

/** @throws UsageError for a row that a corpus does not have, and for a grade that is none. */
export function requireRow(who: string, query: number, row: number, grade: number, corpus: number): void {
  if (Number.isInteger(row) && row >= 0 && row < corpus && Number.isFinite(grade)) return;
  throw new UsageError(
    `${who}: query ${query} should find row ${row} with grade ${grade}, but the corpus has rows 0 to ${corpus - 1}`,
  );
}

function judgeByRows(
  who: string,
  relevant: readonly Relevant[],
  judged: Judged,
  queries: number,
  corpus: number,
): Judgements {
  requireCount(`${who}, relevant`, relevant.length, queries, "entry for each of", "queries");
  const ignored = ignoredBy(who, judged, queries, corpus, upTo(corpus));
  const graded = relevant.map((given, query) => {
    const grades = given instanceof Map ? [...(given as ReadonlyMap<number, number>)] : [...given].map(ofOne);
    for (const [row, grade] of grades) requireRow(who, query, row, grade, corpus);
    const hidden = ignored(query);
    const found = new Map(grades.filter(([row, grade]) => grade > 0 && !isWithin(hidden, row)));
    const rows = [...found.keys()].sort((left, right) => left - right);
    return { runs: toRuns(rows), grades: Float64Array.from(rows, (row) => found.get(row)!) };
  });
  return {
    order: upTo(corpus),
    ignored,
    relevant: (query) => graded[query]!.runs,
    grades: (query) => graded[query]!.grades,
  };
}

function judgeByLabels(
  who: string,
  { queries: asking, corpus: labels, relevant }: LabelledRetrieval,
  judged: Judged,
  queries: number,
  corpus: number,
): Judgements {
  requireCount(`${who}, relevant.queries`, asking.length, queries, "label for each of", "queries");
  requireCount(`${who}, relevant.corpus`, labels.length, corpus, "label for each of", "rows of the corpus");
  const places = new LabelRuns(labels);
  const relation = relevant === undefined ? null : checkedRelation(who, relevant);
  const found = new Map<Group, Runs>();
  for (const label of asking) {
    if (found.has(label)) continue;
    found.set(label, relation === null ? places.of(label) : places.where((other) => relation(label, other)));
  }
  const ignored = ignoredBy(who, judged, queries, corpus, places.order);
  return {
    order: places.order,
    ignored,
    relevant: (query) => withoutRuns(found.get(asking[query]!)!, ignored(query)),
    grades: null,
  };
}

/** Places that each query cannot find. */
function ignoredBy(
  who: string,
  { sequences, ownRows }: Judged,
  queries: number,
  corpus: number,
  order: Int32Array,
): (query: number) => Runs {
  if (sequences === undefined && ownRows === undefined) return () => new Int32Array();
  const placeOf = new Int32Array(corpus);
  order.forEach((row, place) => (placeOf[row] = place));
  const ownOf = ownRowOf(who, ownRows, queries, corpus);
  const runs = sequences === undefined ? null : sequenceRuns(who, sequences, queries, corpus, placeOf);
  return (query) => {
    const row = ownOf(query);
    const own = row === null ? new Int32Array() : Int32Array.of(placeOf[row]!, placeOf[row]! + 1);
    const sequence = sequences?.queries[query] ?? null;
    return sequence === null ? own : unionOfRuns(runs?.get(sequence) ?? new Int32Array(), own);
  };
}

function sequenceRuns(
  who: string,
  { queries: asking, corpus: names }: Sequences,
  queries: number,
  corpus: number,
  placeOf: Int32Array,
): ReadonlyMap<Group, Runs> {
  requireCount(`${who}, sequences.queries`, asking.length, queries, "sequence or null for each of", "queries");
  requireCount(`${who}, sequences.corpus`, names.length, corpus, "sequence or null for each of", "rows of the corpus");
  const together = new LabelRuns(names);
  const runs = new Map<Group, Runs>();
  for (const name of together.labels) {
    if (name === null) continue;
    const [from = 0, to = 0] = together.of(name);
    runs.set(
      name,
      toRuns(
        together.order
          .subarray(from, to)
          .map((row) => placeOf[row]!)
          .sort(),
      ),
    );
  }
  return runs;
}

function ownRowOf(
  who: string,
  ownRows: Judged["ownRows"],
  queries: number,
  corpus: number,
): (query: number) => number | null {
  if (ownRows === undefined) return () => null;
  if (ownRows === "same") {
    if (queries !== corpus) {
      throw new ShapeError(`${who}, ownRows "same"`, `as many rows of the corpus as queries, ${queries}`, [corpus]);
    }
    return (query) => query;
  }
  requireCount(`${who}, ownRows`, ownRows.length, queries, "row or null for each of", "queries");
  for (const row of ownRows) {
    if (row !== null && (!Number.isInteger(row) || row < 0 || row >= corpus)) {
      throw new UsageError(`${who}: ownRows has ${row}, but the corpus has rows 0 to ${corpus - 1}`);
    }
  }
  return (query) => ownRows[query]!;
}

function requireCount(where: string, actual: number, wanted: number, what: string, of: string): void {
  if (actual !== wanted) throw new ShapeError(where, `one ${what} ${wanted} ${of}`, [actual]);
}

function isWithin(runs: Runs, place: number): boolean {
  for (let at = 0; at < runs.length; at += 2) if (place >= runs[at]! && place < runs[at + 1]!) return true;
  return false;
}

function ofOne(row: unknown): [number, number] {
  return [row as number, 1];
}
