import type { Distance } from "../contracts/distance.js";
import { atLeast, oneOf, refuse, unknownOptions, wholeNumber } from "../contracts/options.js";
import { distanceNamed, type DistanceName } from "../distances/index.js";
import { ShapeError } from "../errors.js";
import { Random } from "../random.js";
import { prepareBackend } from "../tensor/backend.js";
import { findNearest } from "../tensor/nearest-top.js";
import { pairDistances } from "../tensor/pair-distances.js";
import { requireRow } from "./judgements.js";
import { toMatrix, type Vectors } from "./vectors.js";

/** What hard negatives are looked for in. */
export interface HardNegativeTask {
  readonly queries: Vectors;
  readonly corpus: Vectors;
  /** For each query the rows of the corpus that are right, and are never taken for negatives. */
  readonly relevant: readonly (readonly number[])[];
  /** What each row of the corpus is, such as its text: rows that are the same as a right one are right too. Default: all differ. */
  readonly keys?: readonly (string | number)[] | null;
  /** Default cosine. */
  readonly distance?: DistanceName | Distance;
}

/** Options of `mineHardNegatives`. */
export interface HardNegativeOptions {
  /** Negatives for each query, fewer where there are not as many. Default 3. */
  readonly negatives?: number;
  /** How many of the nearest rows are left out, because unlabelled right ones are most likely among them. Default 0. */
  readonly skip?: number;
  /** How many of the nearest rows are looked at. Default 50, or as many as are needed. */
  readonly depth?: number;
  /** "nearest" (default), or "random" among those that are looked at. */
  readonly choice?: "nearest" | "random";
  /** A negative must be farther than the nearest right row by this. Default none. */
  readonly margin?: number | null;
  /** A negative must be farther than the nearest right row by this share of its distance. Default none. */
  readonly relativeMargin?: number | null;
  /** Nearest and farthest that a negative may be. Default any. */
  readonly least?: number | null;
  readonly most?: number | null;
  /** Of "random". Default 0. */
  readonly seed?: number;
}

/**
 * Rows of a corpus that lie near each query and are wrong: the negatives that teach most. Give them to a loader of tuples,
 * `{ anchor, positives, negatives }`, and train on: `trainer.fit(model, { train }, { from: trained })`. For each query the rows come nearest
 * first.
 *
 * @throws ConfigError, ShapeError, UsageError for a right row that the corpus does not have.
 */
export async function mineHardNegatives(
  task: HardNegativeTask,
  options: HardNegativeOptions = {},
): Promise<number[][]> {
  const { negatives = 3, skip = 0, choice = "nearest", seed = 0 } = options;
  const { depth = Math.max(50, skip + negatives) } = options;
  refuse("mineHardNegatives", [
    ...unknownOptions(task, ["queries", "corpus", "relevant", "keys", "distance"]),
    ...unknownOptions(options, [
      ...["negatives", "skip", "depth", "choice", "margin", "relativeMargin", "least", "most", "seed"],
    ]),
    wholeNumber("negatives", negatives, 1),
    wholeNumber("skip", skip, 0),
    wholeNumber("depth", depth, skip + 1),
    oneOf("choice", choice, ["nearest", "random"]),
    ...(["margin", "relativeMargin"] as const).map((name) =>
      options[name] === undefined || options[name] === null ? null : atLeast(name, options[name], 0),
    ),
  ]);
  const queries = toMatrix("mineHardNegatives, queries", task.queries);
  const corpus = toMatrix("mineHardNegatives, corpus", task.corpus, queries.size);
  if (task.relevant.length !== queries.rows) {
    throw new ShapeError("mineHardNegatives, relevant", `one list for each of ${queries.rows} queries`, [
      task.relevant.length,
    ]);
  }
  task.relevant.forEach((rows, query) => {
    for (const row of rows) requireRow("mineHardNegatives", query, row, 1, corpus.rows);
  });
  const { keys = null } = task;
  if (keys !== null && keys.length !== corpus.rows)
    throw new ShapeError("mineHardNegatives, keys", `one for each of ${corpus.rows} rows of the corpus`, [keys.length]);
  const relevant = keys === null ? task.relevant : withSame(task.relevant, keys);
  const distance = distanceNamed(task.distance ?? "cosine");
  const nearest = await nearestRelevant(distance, queries, corpus, relevant);
  const most = relevant.reduce((largest, { length }) => Math.max(largest, length), 0);
  const { count, rows, distances } = await findNearest(distance, queries, corpus, depth + most);
  const random = new Random(seed);
  return relevant.map((right, query) => {
    const known = new Set(right);
    const bounds = boundsOf(options, nearest[query]!);
    const found: number[] = [];
    let seen = 0;
    for (let at = query * count; at < (query + 1) * count && seen < depth; at += 1) {
      if (known.has(rows[at]!)) continue;
      seen += 1;
      if (seen > skip && distances[at]! >= bounds.least && distances[at]! <= bounds.most) found.push(rows[at]!);
    }
    if (choice === "nearest" || found.length <= negatives) return found.slice(0, negatives);
    const drawn = new Set(
      random
        .fork(query)
        .shuffle(found.map((_, place) => place))
        .slice(0, negatives),
    );
    return found.filter((_, place) => drawn.has(place));
  });
}

/** Right rows with all that have the same keys. */
function withSame(
  relevant: HardNegativeTask["relevant"],
  keys: readonly (string | number)[],
): readonly (readonly number[])[] {
  const rowsOf = new Map<string | number, number[]>();
  keys.forEach((key, row) => {
    const rows = rowsOf.get(key);
    if (rows === undefined) rowsOf.set(key, [row]);
    else rows.push(row);
  });
  return relevant.map((right) => [...new Set(right.flatMap((row) => rowsOf.get(keys[row] ?? NaN) ?? [row]))]);
}

/** Distance of each query to its nearest right row; NaN without one. */
async function nearestRelevant(
  distance: Distance,
  queries: ReturnType<typeof toMatrix>,
  corpus: ReturnType<typeof toMatrix>,
  relevant: readonly (readonly number[])[],
): Promise<number[]> {
  await prepareBackend();
  const { size } = queries;
  const owners = relevant.flatMap((right, query) => right.map(() => query));
  const rows = relevant.flat();
  const pick = (matrix: typeof queries, from: readonly number[]) => {
    const data = new Float32Array(from.length * size);
    from.forEach((row, at) => data.set(matrix.data.subarray(row * size, (row + 1) * size), at * size));
    return { data, rows: from.length, size };
  };
  const measured = rows.length === 0 ? [] : pairDistances(distance, pick(queries, owners), pick(corpus, rows));
  const nearest = relevant.map(() => NaN);
  owners.forEach((query, at) => {
    if (!(nearest[query]! <= measured[at]!)) nearest[query] = measured[at]!;
  });
  return nearest;
}

function boundsOf(
  { margin, relativeMargin, least, most }: HardNegativeOptions,
  nearest: number,
): { readonly least: number; readonly most: number } {
  const absolute = margin === undefined || margin === null ? -Infinity : nearest + margin;
  const relative = relativeMargin === undefined || relativeMargin === null ? -Infinity : nearest * (1 + relativeMargin);
  // Without a right row there is nothing to be farther than.
  const floor = Number.isNaN(nearest) ? -Infinity : Math.max(absolute, relative);
  return { least: Math.max(least ?? -Infinity, floor), most: most ?? Infinity };
}
