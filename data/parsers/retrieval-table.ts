import { access, stat } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";
import { refuse } from "../../lib/contracts/options.js";
import { DataError } from "../../lib/errors.js";
import { readCsv, type CsvRow } from "./csv.js";

/** One row of a retrieval table. */
export interface RetrievalRow {
  /** The file of the item, below the folder of the table. */
  readonly path: string;
  readonly label: string;
  readonly split: "train" | "validation";
  /** In validation: it asks, it is searched, or both. */
  readonly isQuery: boolean;
  readonly isGallery: boolean;
  /** Empty when there is no such column. */
  readonly category: string;
  /** Which shots were taken together, such as a video; empty when there is no such column. */
  readonly sequence: string;
  /** The part of the picture that counts, in pixels; null for all of it. */
  readonly box: PixelBox | null;
}

/** A part of a picture: from `left` and `top` to `right` and `bottom`, which lie outside it. */
export interface PixelBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Something that is wrong with a row. */
export interface TableProblem {
  /** From 1, the header included. */
  readonly line: number;
  readonly problem: string;
}

/** A table that was read, and everything that is wrong with it. */
export interface CheckedTable {
  /** Rows without a problem. */
  readonly rows: readonly RetrievalRow[];
  /** In the order of lines; of the whole table last, at line 0. */
  readonly problems: readonly TableProblem[];
}

/** Options of `checkRetrievalTable` and `readRetrievalTable`. */
export interface RetrievalTableOptions {
  /** Folder that paths are relative to. Null (default): paths are not looked up. */
  readonly root?: string | null;
  /** One character. Default as of `readCsv`: by the name of the file. */
  readonly delimiter?: string;
}

const REQUIRED = ["label", "path", "split", "is_query", "is_gallery"] as const;
const BOX = ["x_1", "y_1", "x_2", "y_2"] as const;
/** Files looked up at the same time. */
const AT_ONCE = 64;

/**
 * Reads a table of labelled files, one row each, with the columns `label, path, split, is_query, is_gallery` and perhaps `category`,
 * `sequence` and `x_1, y_1, x_2, y_2` (a box), and lists every row that is broken: an empty label or path, a path outside the folder or without a file, a split that is neither "train" nor
 * "validation", flags that are not true or false or are set in training, a box that is none, the same part of a file twice, a label of two categories; a query whose label no other gallery row
 * has; a label with one training row. Give the samples of training rows to a `GroupLoader`.
 *
 * @throws ConfigError for a `root` that is no folder, DataError for a file that is no such table at all.
 */
export async function checkRetrievalTable(path: string, options: RetrievalTableOptions = {}): Promise<CheckedTable> {
  const { root = null, delimiter } = options;
  if (root !== null) await requireFolder(root);
  const broken: TableProblem[] = [];
  const read: { readonly line: number; readonly row: RetrievalRow }[] = [];
  const seen = new Map<string, number>();
  let columnsChecked = false;
  for await (const { records, lines } of readCsv(path, {
    ...(delimiter === undefined ? {} : { delimiter }),
    skipBadLines: true,
    onSkip: (error) => broken.push({ line: error.line ?? 0, problem: error.message }),
  }).blocks()) {
    records.forEach((fields, at) => {
      const line = lines[at] ?? 0;
      if (!columnsChecked) requireColumns(path, fields);
      columnsChecked = true;
      const part = [fields["path"] ?? "", ...BOX.map((name) => fields[name] ?? "")].join(" ");
      const problems = problemsOf(fields, seen.get(part) ?? null);
      seen.set(part, line);
      for (const problem of problems) broken.push({ line, problem });
      if (problems.length === 0) read.push({ line, row: rowOf(fields) });
    });
  }
  const missing = root === null ? new Set<number>() : await missingFiles(read, root, broken);
  const rows = read.filter(({ line }) => !missing.has(line));
  broken.push(...problemsBetween(rows));
  const wrong = new Set(broken.map(({ line }) => line));
  return {
    rows: rows.filter(({ line }) => !wrong.has(line)).map(({ row }) => row),
    problems: broken.sort((one, other) => (one.line || Infinity) - (other.line || Infinity)),
  };
}

/**
 * The rows of a table that has no problem.
 * @throws DataError listing the first twenty problems and how many there are.
 */
export async function readRetrievalTable(
  path: string,
  options: RetrievalTableOptions = {},
): Promise<readonly RetrievalRow[]> {
  const { rows, problems } = await checkRetrievalTable(path, options);
  if (problems.length === 0) return rows;
  const some = problems.slice(0, 20).map(({ line, problem }) => `  line ${line}: ${problem}`);
  const more = problems.length > some.length ? `\n  and ${problems.length - some.length} more` : "";
  throw new DataError(`has ${problems.length} problems:\n${some.join("\n")}${more}`, path);
}

async function requireFolder(root: string): Promise<void> {
  const isFolder = await stat(root).then(
    (found) => found.isDirectory(),
    () => false,
  );
  refuse("checkRetrievalTable", [isFolder ? null : `root: there is no folder "${root}"; paths are looked up below it`]);
}

function requireColumns(path: string, fields: CsvRow): void {
  const missing = REQUIRED.filter((name) => !Object.hasOwn(fields, name));
  if (missing.length > 0) {
    throw new DataError(`has no column ${missing.join(", ")}; a table needs ${REQUIRED.join(", ")}`, path, 1);
  }
}

function problemsOf(fields: CsvRow, before: number | null): string[] {
  const { label = "", path = "", split = "", is_query: query = "", is_gallery: gallery = "" } = fields;
  const problems: string[] = [];
  if (label.trim() === "") problems.push("has no label");
  if (path.trim() === "") problems.push("has no path");
  else if (isAbsolute(path) || relative(".", path).startsWith(".."))
    problems.push(`path "${path}" lies outside the folder`);
  else if (before !== null) problems.push(`path "${path}" is that of line ${before} too`);
  if (split === "train") {
    if (flagOf(query) === true || flagOf(gallery) === true)
      problems.push("is_query and is_gallery are for validation rows");
  } else if (split === "validation") {
    if (flagOf(query) === null) problems.push(`is_query is "${query}"; expected true or false`);
    if (flagOf(gallery) === null) problems.push(`is_gallery is "${gallery}"; expected true or false`);
    if (flagOf(query) === false && flagOf(gallery) === false) problems.push("neither asks nor is searched");
  } else problems.push(`split is "${split}"; expected train or validation`);
  const box = boxOf(fields);
  if (typeof box === "string") problems.push(box);
  return problems;
}

function flagOf(text: string): boolean | null {
  const value = text.trim().toLowerCase();
  if (value === "true" || value === "1") return true;
  return value === "false" || value === "0" ? false : null;
}

/** The box of a row, null when it has none, or what is wrong with it. */
function boxOf(fields: CsvRow): PixelBox | string | null {
  const texts = BOX.map((name) => (fields[name] ?? "").trim());
  if (texts.every((text) => text === "")) return null;
  const numbers = texts.map((text) => (text === "" ? NaN : Number(text)));
  const [left = NaN, top = NaN, right = NaN, bottom = NaN] = numbers;
  const isBox = numbers.every((number) => Number.isInteger(number) && number >= 0) && left < right && top < bottom;
  if (isBox) return { left, top, right, bottom };
  return `${BOX.join(", ")} are "${texts.join('", "')}"; expected whole numbers with x_1 < x_2 and y_1 < y_2, or all empty`;
}

function rowOf(fields: CsvRow): RetrievalRow {
  const isTraining = fields["split"] === "train";
  return {
    path: fields["path"]!,
    label: fields["label"]!,
    split: isTraining ? "train" : "validation",
    isQuery: !isTraining && flagOf(fields["is_query"]!) === true,
    isGallery: !isTraining && flagOf(fields["is_gallery"]!) === true,
    category: fields["category"] ?? "",
    sequence: fields["sequence"] ?? "",
    // It was checked before.
    box: boxOf(fields) as PixelBox | null,
  };
}

async function missingFiles(
  read: readonly { readonly line: number; readonly row: RetrievalRow }[],
  root: string,
  broken: TableProblem[],
): Promise<Set<number>> {
  const missing = new Set<number>();
  for (let start = 0; start < read.length; start += AT_ONCE) {
    await Promise.all(
      read.slice(start, start + AT_ONCE).map(async ({ line, row }) => {
        const exists = await access(join(root, row.path)).then(
          () => true,
          () => false,
        );
        if (exists) return;
        missing.add(line);
        broken.push({ line, problem: `there is no file "${row.path}"` });
      }),
    );
  }
  return missing;
}

/** Queries that cannot find anything, and labels that nothing can be learned from. */
function problemsBetween(rows: readonly { readonly line: number; readonly row: RetrievalRow }[]): TableProblem[] {
  const gallery = new Map<string, number>();
  const training = new Map<string, number[]>();
  for (const { line, row } of rows) {
    if (row.isGallery) gallery.set(row.label, (gallery.get(row.label) ?? 0) + 1);
    if (row.split === "train") training.set(row.label, [...(training.get(row.label) ?? []), line]);
  }
  const problems: TableProblem[] = [];
  const categories = new Map<string, string>();
  for (const { line, row } of rows) {
    const category = categories.get(row.label) ?? row.category;
    if (category !== "") categories.set(row.label, category);
    if (row.category !== "" && category !== row.category) {
      problems.push({
        line,
        problem: `has the category "${row.category}", and its label "${row.label}" has "${category}"`,
      });
    }
    if (row.isQuery && (gallery.get(row.label) ?? 0) <= (row.isGallery ? 1 : 0)) {
      problems.push({
        line,
        problem: `no other gallery row has the label "${row.label}", so that this query finds nothing`,
      });
    }
  }
  for (const [label, lines] of training) {
    if (lines.length === 1) {
      problems.push({ line: lines[0]!, problem: `is the only training row of the label "${label}"` });
    }
  }
  if (training.size === 0 && rows.length > 0) problems.push({ line: 0, problem: "there is no training row" });
  return problems;
}
