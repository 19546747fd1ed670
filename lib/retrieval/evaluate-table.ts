import { callback, refuse, unknownOptions, wholeNumber } from "../contracts/options.js";
import type { GroupRelation } from "../contracts/group-relation.js";
import type { Group } from "../contracts/samples.js";
import { DataError } from "../errors.js";
import type { SimilarityModel } from "../model/similarity-model.js";
import { componentsFor, Variation } from "../statistics/principal-components.js";
import type { HostMatrix } from "../tensor/host.js";
import { evaluateRetrieval, type RetrievalReport, type RetrievalTask } from "./evaluate.js";

/** A row of a table of labelled things, such as `readRetrievalTable` of `likewise/data` gives; other columns are for `item`. */
export interface EvaluatedRow {
  readonly label: Group;
  /** Whether it asks. */
  readonly isQuery: boolean;
  /** Whether it is searched. */
  readonly isGallery: boolean;
  /** Empty when there is none. */
  readonly category?: string;
  /** What it was taken from, such as a video; empty when there is none. */
  readonly sequence?: string;
}

/** Options of `evaluateTable`. */
export interface TableEvaluationOptions<Row, Item, K extends number> extends Pick<
  RetrievalTask<K>,
  "k" | "ranks" | "falseMatchRates" | "resamples" | "seed"
> {
  /** What the model reads for a row: a text, an opened picture. Called batch by batch. */
  readonly item: (row: Row) => Item | Promise<Item>;
  /** Whether a query of the first label should find a row of the second. Default: when they are equal. */
  readonly relevant?: GroupRelation;
  /** Shares of variance, see `ComponentShare` of `likewise/metrics`. Default 0.5. */
  readonly variances?: readonly number[];
  /** Items opened and encoded at once. Default 256. */
  readonly batchSize?: number;
}

/** What is said of a table, and of each category. */
export type TableReport<K extends number> = RetrievalReport<K> & {
  /** By share of variance: how many principal components explain it, as a share of the width (PCF), of every row. */
  readonly componentShares: Readonly<Record<string, number>>;
  /** The same of the rows of each category; empty when there are none. */
  readonly componentSharesPerClass: Readonly<Record<string, Readonly<Record<string, number>>>>;
};

/**
 * How well the queries of a table find their label among its gallery: overall, and for each category of queries under `perClass`, as
 * `evaluateRetrieval` does. A row never finds itself, nor rows of its own sequence. Rows that neither ask nor are searched do not count.
 *
 * Vectors of all rows are held; distances are not.
 *
 * @throws ConfigError; DataError when there is no query or no gallery.
 */
export async function evaluateTable<Row extends EvaluatedRow, Item, const K extends number = 1 | 10>(
  model: SimilarityModel<Item>,
  rows: readonly Row[],
  options: TableEvaluationOptions<Row, Item, K>,
): Promise<TableReport<K>> {
  const { item, relevant, variances = [0.5], batchSize = 256, ...rest } = options;
  refuse("evaluateTable", [
    callback("item", item),
    wholeNumber("batchSize", batchSize, 1),
    ...variances.map((share) =>
      share > 0 && share <= 1 ? null : `variances: expected shares above 0 and up to 1, got ${share}`,
    ),
    ...unknownOptions(options, [
      ...["item", "relevant", "variances", "batchSize", "k", "ranks", "falseMatchRates", "resamples", "seed"],
    ]),
  ]);
  const used = rows.filter(({ isQuery, isGallery }) => isQuery || isGallery);
  const vectors = await encodeRows(model, used, item, batchSize);
  const places = (which: "isQuery" | "isGallery"): number[] => [...used.keys()].filter((at) => used[at]![which]);
  const [asking, searched] = [places("isQuery"), places("isGallery")];
  if (asking.length === 0 || searched.length === 0) {
    throw new DataError(`evaluateTable: needs queries and a gallery, got ${asking.length} and ${searched.length} rows`);
  }
  const placeInGallery = new Map(searched.map((row, place) => [row, place]));
  const labels = (of: readonly number[]): Group[] => of.map((row) => used[row]!.label);
  const sequences = (of: readonly number[]): (string | null)[] => of.map((row) => used[row]!.sequence || null);
  const hasCategories = used.some(({ category = "" }) => category !== "");
  const report = await evaluateRetrieval<K>({
    ...rest,
    queries: pick(vectors, asking),
    corpus: pick(vectors, searched),
    relevant: { queries: labels(asking), corpus: labels(searched), ...(relevant === undefined ? {} : { relevant }) },
    sequences: { queries: sequences(asking), corpus: sequences(searched) },
    ownRows: asking.map((row) => placeInGallery.get(row) ?? null),
    distance: model.distance,
    ...(hasCategories ? { classes: asking.map((row) => used[row]!.category ?? "") } : {}),
  });
  const categories = hasCategories ? new Set(used.map(({ category = "" }) => category)) : new Set<string>();
  const perCategory = [...categories].map((name) => {
    const own = [...used.keys()].filter((row) => (used[row]!.category ?? "") === name);
    return [name, componentShares(pick(vectors, own), variances)] as const;
  });
  return {
    ...report,
    componentShares: componentShares(vectors, variances),
    componentSharesPerClass: Object.fromEntries(perCategory),
  };
}

async function encodeRows<Row, Item>(
  model: SimilarityModel<Item>,
  rows: readonly Row[],
  item: (row: Row) => Item | Promise<Item>,
  batchSize: number,
): Promise<HostMatrix> {
  const size = model.embeddingSize;
  const data = new Float32Array(rows.length * size);
  for (let start = 0; start < rows.length; start += batchSize) {
    const items = await Promise.all(rows.slice(start, start + batchSize).map(async (row) => item(row)));
    data.set((await model.encode(items, { batchSize })).data, start * size);
  }
  return { data, rows: rows.length, size };
}

function pick({ data, size }: HostMatrix, rows: readonly number[]): HostMatrix {
  const picked = new Float32Array(rows.length * size);
  rows.forEach((row, at) => picked.set(data.subarray(row * size, (row + 1) * size), at * size));
  return { data: picked, rows: rows.length, size };
}

function componentShares(matrix: HostMatrix, variances: readonly number[]): Record<string, number> {
  const variation = new Variation(matrix.size);
  variation.add(matrix);
  const found = variation.variances();
  return Object.fromEntries(
    variances.map((share) => [String(share), found === null ? NaN : componentsFor(found, share) / matrix.size]),
  );
}
