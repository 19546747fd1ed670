import { callback, optionProblems, refuse } from "../../lib/contracts/options.js";
import { DataError } from "../../lib/errors.js";
import { BAD_LINE_CHECKS, BadLines, type BadLineOptions } from "./bad-lines.js";
import { FileRecords, type RecordBlock, type Records } from "./records.js";
import { readText } from "./text-file.js";

/** How a file of JSON lines is read. */
export interface JsonLinesOptions<T> extends BadLineOptions {
  /** Turns what the line says into a record, or throws a `DataError`; without it the value is taken for a `T` unseen. */
  readonly check?: (value: unknown) => T;
}

/**
 * Reads a file with one JSON value a line; empty lines are passed over. The result reads the file anew each time it is iterated.
 *
 * @throws ConfigError for wrong options.
 * @throws DataError with file and line, while reading.
 */
export function readJsonLines<T = unknown>(path: string, options: JsonLinesOptions<T> = {}): Records<T> {
  refuse("readJsonLines", optionProblems(options, { ...BAD_LINE_CHECKS, check: callback }));
  const badLines = new BadLines(path, options);
  const records = new FileRecords<unknown>(path, () => parsedLines(path, badLines), badLines);
  const { check } = options;
  return check === undefined ? (records as Records<T>) : records.map((value) => check(value));
}

async function* parsedLines(path: string, badLines: BadLines): AsyncGenerator<RecordBlock<unknown>, void, undefined> {
  let rest = "";
  let before = 0;
  for await (const text of readText(path)) {
    const end = text.lastIndexOf("\n");
    if (end === -1) {
      rest += text;
      continue;
    }
    const texts = (rest + text.slice(0, end)).split("\n");
    rest = text.slice(end + 1);
    yield parseLines(texts, path, before, badLines);
    before += texts.length;
  }
  yield parseLines([rest], path, before, badLines);
}

function parseLines(texts: readonly string[], path: string, before: number, badLines: BadLines): RecordBlock<unknown> {
  const records: unknown[] = [];
  const lines: number[] = [];
  texts.forEach((text, position) => {
    if (text.trim() === "") return;
    const line = before + position + 1;
    try {
      records.push(JSON.parse(text));
      lines.push(line);
    } catch (error) {
      badLines.add(new DataError(`not JSON: ${(error as Error).message}`, path, line, { cause: error }));
    }
  });
  return { records, lines };
}
