import { checkedRelation, type GroupRelation } from "../contracts/group-relation.js";
import type { Group } from "../contracts/samples.js";
import { DataError, UsageError } from "../errors.js";
import type { QueryGrades } from "./ranked-measures.js";

/** Queries, a corpus and judgements, each item under its own id: the form of most public collections. */
export interface RetrievalCollection<Item> {
  readonly queries: ReadonlyMap<string, Item>;
  /** Read once, a chunk at a time; need not fit into memory. */
  readonly corpus: Iterable<readonly [id: string, item: Item]> | AsyncIterable<readonly [id: string, item: Item]>;
  /** For each query the grades of corpus ids, 0 or less meaning not relevant; or the labels of both sides. */
  readonly relevant: ReadonlyMap<string, ReadonlyMap<string, number>> | LabelledCollection<Item>;
  /** What items were taken from, such as a video: documents of a query's own sequence are ignored. Default: there are none. */
  readonly sequences?: {
    /** By query id; queries that are not named have none. */
    readonly queries: ReadonlyMap<string, Group>;
    /** Of a document; null when it has none. */
    readonly corpus: (id: string, item: Item) => Group | null;
  };
  /** True when the document of a query's id is the query itself, which it cannot find. Default false. */
  readonly ownIds?: boolean;
}

/** Who should find whom, by labels in place of grades. */
export interface LabelledCollection<Item> {
  /** The label of every query. */
  readonly queries: ReadonlyMap<string, Group>;
  /** The label of a document. */
  readonly corpus: (id: string, item: Item) => Group;
  /** Whether a query of the first label should find a document of the second. Default: when they are equal. Asked once for each two labels. */
  readonly relevant?: GroupRelation;
}

/** What is known of the documents that were seen, and of what queries should find among them. */
export class CollectionJudge<Item> {
  /** Of the queries that may have something to find. */
  readonly names: readonly string[];
  readonly ids: string[] = [];
  readonly #rows = new Map<string, number>();
  readonly #collection: Pick<RetrievalCollection<Item>, "sequences" | "ownIds">;
  readonly #graded: ReadonlyMap<string, ReadonlyMap<string, number>> | null;
  readonly #labelled: LabelledCollection<Item> | null;
  readonly #labels: Group[] = [];
  readonly #sequences: (Group | null)[] = [];
  readonly #members = new Map<Group, number[]>();

  /** @throws UsageError for a judgement of an unknown query, and for a query without a label. */
  constructor({ queries, relevant, ...collection }: Omit<RetrievalCollection<Item>, "corpus">) {
    this.#collection = collection;
    this.#labelled = relevant instanceof Map ? null : (relevant as LabelledCollection<Item>);
    this.#graded =
      relevant instanceof Map ? gradesOf(relevant as ReadonlyMap<string, ReadonlyMap<string, number>>, queries) : null;
    this.names = [...(this.#graded ?? queries).keys()];
    const unlabelled =
      this.#labelled === null ? undefined : this.names.find((name) => this.#labelled?.queries.has(name) === false);
    if (unlabelled !== undefined)
      throw new UsageError(`evaluateModel: relevant.queries has no label for query "${unlabelled}"`);
  }

  /** @throws DataError for an id that was seen before. */
  see(id: string, item: Item): void {
    if (this.#rows.has(id)) throw new DataError(`evaluateModel: two documents of the corpus have the id "${id}"`);
    const row = this.ids.push(id) - 1;
    this.#rows.set(id, row);
    if (this.#labelled !== null) this.#labels.push(this.#labelled.corpus(id, item));
    const sequence = this.#collection.sequences?.corpus(id, item) ?? null;
    this.#sequences.push(sequence);
    if (sequence === null) return;
    const members = this.#members.get(sequence);
    if (members === undefined) this.#members.set(sequence, [row]);
    else members.push(row);
  }

  /** Whether a query cannot find a row. */
  ignores(name: string, row: number): boolean {
    if (this.#collection.ownIds === true && this.ids[row] === name) return true;
    const sequence = this.#sequences[row] ?? null;
    return sequence !== null && sequence === this.#collection.sequences?.queries.get(name);
  }

  /** How many of the rows from one on a query ignores at most. */
  mostIgnored(start: number): number {
    const counts = new Map<Group, number>();
    for (const sequence of this.#sequences.slice(start)) {
      if (sequence !== null) counts.set(sequence, (counts.get(sequence) ?? 0) + 1);
    }
    return (this.#collection.ownIds === true ? 1 : 0) + Math.max(0, ...counts.values());
  }

  /**
   * What each query should find, now that every document was seen; without those that have nothing to find.
   * @throws DataError for judged documents that the corpus does not have.
   */
  judgements(): ReadonlyMap<string, QueryGrades> {
    // The one or the other is there.
    const found =
      this.#graded === null ? this.#byLabels(this.#labelled as LabelledCollection<Item>) : this.#byGrades(this.#graded);
    return new Map([...found].filter(([, { relevant }]) => relevant > 0));
  }

  #byGrades(graded: ReadonlyMap<string, ReadonlyMap<string, number>>): [string, QueryGrades][] {
    this.#requireIds(graded);
    return [...graded].map(([name, grades]) => {
      const open = new Map([...grades].filter(([id]) => !this.ignores(name, this.#rows.get(id)!)));
      const best = [...open.values()].sort((one, other) => other - one);
      return [name, { relevant: open.size, grade: (id) => open.get(id) ?? 0, best }];
    });
  }

  #byLabels({ queries, relevant }: LabelledCollection<Item>): [string, QueryGrades][] {
    const counts = new Map<Group, number>();
    for (const label of this.#labels) counts.set(label, (counts.get(label) ?? 0) + 1);
    const relation = relevant === undefined ? Object.is : checkedRelation("evaluateModel", relevant);
    const related = new Map<Group, ReadonlySet<Group>>();
    return this.names.map((name) => {
      const label = queries.get(name) as Group;
      const known = related.get(label) ?? new Set([...counts.keys()].filter((other) => relation(label, other)));
      related.set(label, known);
      const isRelevant = (row: number): boolean => known.has(this.#labels[row]!);
      const all = [...known].reduce<number>((sum, other) => sum + counts.get(other)!, 0);
      const ignored = this.#ignoredBy(name).filter(isRelevant).length;
      return [name, { relevant: all - ignored, grade: (id) => Number(isRelevant(this.#rows.get(id)!)), best: [] }];
    });
  }

  #ignoredBy(name: string): number[] {
    const sequence = this.#collection.sequences?.queries.get(name);
    const rows = new Set(sequence === undefined ? [] : this.#members.get(sequence));
    const own = this.#collection.ownIds === true ? this.#rows.get(name) : undefined;
    if (own !== undefined) rows.add(own);
    return [...rows];
  }

  #requireIds(graded: ReadonlyMap<string, ReadonlyMap<string, number>>): void {
    const missing = new Set(
      [...graded.values()].flatMap((grades) => [...grades.keys()].filter((id) => !this.#rows.has(id))),
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
