import { callback, flag, optionProblems, refuse, type Check } from "../../lib/contracts/options.js";
import { DataError } from "../../lib/errors.js";
import { show } from "../../lib/show.js";
import { BAD_LINE_CHECKS, BadLines, type BadLineOptions } from "./bad-lines.js";
import { readFields } from "./delimited-file.js";
import { FileRecords, type RecordBlock, type Records } from "./records.js";

/** How a CSV or TSV file is read. */
export interface CsvOptions<Column extends string = string> extends BadLineOptions {
  /** Columns to take, by name; default all that the header names, those without a name left out. Without a header: the name of every field, in order. */
  readonly columns?: readonly Column[];
  /** Whether the first line names the columns. Default true. */
  readonly header?: boolean;
  /** One character. Default a tab for paths that end in `.tsv` or `.tab`, also before `.gz`, and a comma for others. */
  readonly delimiter?: string;
  /** Round fields that hold delimiters, line ends or (doubled) quotes; null when quotes mean nothing. Default `"`. */
  readonly quote?: string | null;
}

/** A line as texts by column name. */
export type CsvRow<Column extends string = string> = Readonly<Record<Column, string>>;

/**
 * Reads a CSV file (RFC 4180: quoted fields may hold line ends; lines end with LF, CRLF, or as the first one does, CR) as objects of texts; empty lines are passed over. The result reads the
 * file anew each time it is iterated. With `check` each row is turned into a record, or refused with a `DataError`.
 *
 * ```ts
 * readCsv("train.csv", { columns: ["text", "label"] }).map((row) => ({ item: row.text, group: row.label }));
 * readCsv("pairs.tsv", { columns: ["a", "b", "score"], header: false, quote: null });
 * ```
 *
 * @throws ConfigError for options that do not fit together.
 * @throws DataError while reading, with file and the line on which the record starts.
 */
export function readCsv<T, const Column extends string = string>(
  path: string,
  options: CsvOptions<Column> & { readonly check: (row: CsvRow<Column>) => T },
): Records<T>;
export function readCsv<const Column extends string = string>(
  path: string,
  options?: CsvOptions<Column>,
): Records<CsvRow<Column>>;
export function readCsv(
  path: string,
  options: CsvOptions & { readonly check?: (row: CsvRow) => unknown } = {},
): Records<unknown> {
  checkOptions(path, options);
  const badLines = new BadLines(path, options);
  const rows = new FileRecords(path, () => readRows(path, options, badLines), badLines);
  const { check } = options;
  return check === undefined ? rows : rows.map((row) => check(row));
}

const oneCharacter: Check = (name, value) =>
  typeof value === "string" && value.length === 1 && value !== "\n" && value !== "\r"
    ? null
    : `${name}: expected one character that is not a line end, got ${show(value)}`;

const names: Check = (name, value) => {
  if (!Array.isArray(value) || value.length === 0) return `${name}: expected at least one name, got ${show(value)}`;
  return new Set(value).size === value.length ? null : `${name}: a name occurs twice`;
};

const CHECKS: Readonly<Record<keyof CsvOptions | "check", Check>> = {
  ...BAD_LINE_CHECKS,
  columns: names,
  header: flag,
  delimiter: oneCharacter,
  quote: (name, value) => (value === null ? null : oneCharacter(name, value)),
  check: callback,
};

function usualDelimiter(path: string): string {
  return /\.(?:tsv|tab)(?:\.gz)?$/iu.test(path) ? "\t" : ",";
}

function checkOptions(path: string, options: CsvOptions): void {
  const { columns, header = true, delimiter = usualDelimiter(path), quote = '"' } = options;
  refuse("readCsv", [
    ...optionProblems(options, CHECKS),
    !header && columns === undefined ? "columns: needed when there is no header" : null,
    delimiter === quote ? "quote: is the delimiter too" : null,
  ]);
}

/** Names of the columns taken, where each stands in a line, and how many fields a line has. */
interface Layout {
  readonly names: readonly string[];
  readonly places: readonly number[];
  readonly width: number;
}

async function* readRows(
  path: string,
  { columns, header = true, delimiter = usualDelimiter(path), quote = '"' }: CsvOptions,
  badLines: BadLines,
): AsyncGenerator<RecordBlock<CsvRow>, void, undefined> {
  let layout: Layout | null = header || columns === undefined ? null : layoutOf(path, columns, columns);
  for await (const block of readFields(path, { delimiter, quote }, header, badLines)) {
    const records: CsvRow[] = [];
    const lines: number[] = [];
    block.records.forEach((fields, position) => {
      const line = block.lines[position] ?? 0;
      if (layout === null) {
        layout = layoutOf(path, fields, columns ?? fields.filter(isName));
      } else if (fields.length !== layout.width) {
        badLines.add(new DataError(`expected ${layout.width} fields, got ${fields.length}`, path, line));
      } else {
        records.push(rowOf(layout, fields));
        lines.push(line);
      }
    });
    yield { records, lines };
  }
  if (layout === null) throw new DataError("is empty; expected a header line", path);
}

function layoutOf(path: string, header: readonly string[], columns: readonly string[]): Layout {
  const missing = columns.filter((name) => !header.includes(name));
  const twice = columns.find((name) => header.indexOf(name) !== header.lastIndexOf(name));
  if (missing.length > 0) {
    throw new DataError(`has no column ${missing.join(", ")}; its header names ${header.join(", ")}`, path, 1);
  }
  if (twice !== undefined) {
    const places = header.flatMap((name, place) => (name === twice ? [place + 1] : []));
    throw new DataError(`column ${show(twice)} occurs twice in the header, as fields ${places.join(" and ")}`, path, 1);
  }
  if (columns.length === 0) throw new DataError("names no column in its first line", path, 1);
  return { names: columns, places: columns.map((name) => header.indexOf(name)), width: header.length };
}

/** Spreadsheets write empty columns that have no name. */
function isName(cell: string): boolean {
  return cell.trim() !== "";
}

function rowOf({ names, places }: Layout, fields: readonly string[]): CsvRow {
  const row: Record<string, string> = {};
  for (let i = 0; i < names.length; i += 1) {
    const name = names[i]!;
    const value = fields[places[i]!]!;
    if (name !== "__proto__") row[name] = value;
    // An assignment would not make a property of it; JSON lines have one too.
    else Object.defineProperty(row, name, { value, writable: true, enumerable: true, configurable: true });
  }
  return row;
}
