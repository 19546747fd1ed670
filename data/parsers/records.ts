import { DataError } from "../../lib/errors.js";
import type { BadLines } from "./bad-lines.js";
import { rememberOrigins } from "./origins.js";

/** Some records that follow each other in a file, with the line on which each starts. */
export interface RecordBlock<T> {
  /** In the order of the file. */
  readonly records: readonly T[];
  /** For each, the line on which it starts, from 1. */
  readonly lines: readonly number[];
}

/**
 * The records of a file. Reading starts anew each time they are iterated, and takes a piece of the file at a time. A loader that is
 * given these, or the array that `toArray` makes, tells file and line in its errors.
 *
 * ```ts
 * const rows = readJsonLines<{ text: string; label: string }>("train.jsonl");
 * const samples = await rows.map((row) => ({ item: row.text, group: row.label })).toArray();
 * ```
 */
export interface Records<T> extends AsyncIterable<T> {
  /** Path of the file. */
  readonly file: string;
  /** Bad lines that were left out by the last reading (`skipBadLines`). */
  readonly skipped: number;
  /** Piece by piece, with line numbers. */
  blocks(): AsyncIterable<RecordBlock<T>>;
  /** All of them, in memory. */
  toArray(): Promise<readonly T[]>;
  /**
   * Turns each record into something else, the same in every epoch (what changes items is `augment` of a loader). An error is given file and
   * line; a `DataError` makes the line a bad one, which `skipBadLines` leaves out.
   */
  map<U>(change: (record: T, line: number) => U): Records<U>;
  /** Keeps the records for which `keep` answers true. */
  filter(keep: (record: T, line: number) => boolean): Records<T>;
}

/** Records that `read` takes from a file. */
export class FileRecords<T> implements Records<T> {
  readonly #read: () => AsyncIterable<RecordBlock<T>>;
  readonly #badLines: BadLines;

  constructor(
    readonly file: string,
    read: () => AsyncIterable<RecordBlock<T>>,
    badLines: BadLines,
  ) {
    this.#read = read;
    this.#badLines = badLines;
  }

  get skipped(): number {
    return this.#badLines.count;
  }

  async *blocks(): AsyncGenerator<RecordBlock<T>, void, undefined> {
    this.#badLines.restart();
    yield* this.#read();
    this.#badLines.report();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const { records } of this.blocks()) yield* records;
  }

  async toArray(): Promise<readonly T[]> {
    const array: T[] = [];
    const lines: number[] = [];
    for await (const block of this.blocks()) {
      for (const record of block.records) array.push(record);
      for (const line of block.lines) lines.push(line);
    }
    rememberOrigins(array, this.file, Int32Array.from(lines));
    return array;
  }

  map<U>(change: (record: T, line: number) => U): Records<U> {
    return this.#derive((record, line, put) => {
      put(change(record, line));
    });
  }

  filter(keep: (record: T, line: number) => boolean): Records<T> {
    return this.#derive((record, line, put) => {
      if (keep(record, line)) put(record);
    });
  }

  #derive<U>(visit: (record: T, line: number, put: (result: U) => void) => void): Records<U> {
    const { file } = this;
    const badLines = this.#badLines;
    const read = this.#read;
    return new FileRecords<U>(
      file,
      async function* derived() {
        for await (const block of read()) {
          const records: U[] = [];
          const lines: number[] = [];
          block.records.forEach((record, position) => {
            const line = block.lines[position] ?? 0;
            try {
              visit(record, line, (result) => {
                records.push(result);
                lines.push(line);
              });
            } catch (error) {
              handle(error, file, line, badLines);
            }
          });
          yield { records, lines };
        }
      },
      badLines,
    );
  }
}

function handle(error: unknown, file: string, line: number, badLines: BadLines): void {
  const placed = new DataError(error instanceof Error ? error.message : String(error), file, line, { cause: error });
  if (error instanceof DataError) badLines.add(error.file === undefined ? placed : error);
  else throw placed;
}
