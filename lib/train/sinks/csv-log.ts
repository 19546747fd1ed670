import { FileFormatError } from "../../errors.js";
import { AppendFile } from "./append-file.js";
import { requireNames } from "./names.js";
import type { FileLogOptions, ScalarSink } from "./scalar-sink.js";

/**
 * One row a call, with a column for each name and the step in the first. A name that appears later gets a column of its own: the file
 * is written anew with it, and it stays empty in the rows before. NaN and infinities are written as NaN, Infinity and -Infinity.
 */
export class CsvLog implements ScalarSink {
  readonly #file: AppendFile;
  readonly #keepUntil: number;
  /** Null until the file is opened. */
  #columns: string[] | null = null;

  constructor(path: string, { keepUntil = Infinity }: FileLogOptions = {}) {
    this.#file = new AppendFile(path);
    this.#keepUntil = keepUntil;
  }

  write(step: number, scalars: Readonly<Record<string, number>>): Promise<void> {
    return this.#file.run(async () => {
      requireNames("CsvLog", scalars);
      const columns = (this.#columns ??= await this.#open());
      const added = Object.keys(scalars).filter((name) => !columns.includes(name));
      if (columns.length === 0) {
        columns.push("step", ...added);
        await this.#file.replace(headerLine(columns));
      } else if (added.length > 0) {
        const grown = [...columns, ...added];
        const { rows } = parse(await this.#file.read(), this.#file.path);
        const padding = ",".repeat(added.length);
        await this.#file.replace(headerLine(grown) + rows.map((row) => `${row}${padding}\n`).join(""));
        columns.push(...added);
      }
      const cells = columns.map((name) => (name === "step" ? step : scalars[name])).map((value) => value ?? "");
      await this.#file.append(`${cells.join(",")}\n`);
    });
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** Columns of the file that is there, without what a crash has cut off and steps that are not to be kept. */
  async #open(): Promise<string[]> {
    const text = await this.#file.read();
    const { columns, header, rows } = parse(text, this.#file.path);
    const kept = rows.filter((row) => !(Number.parseInt(row, 10) > this.#keepUntil));
    const wanted = header + kept.map((row) => `${row}\n`).join("");
    if (wanted !== text) await this.#file.replace(wanted);
    return columns;
  }
}

function headerLine(columns: readonly string[]): string {
  return `${columns.map((name) => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(",")}\n`;
}

interface Parsed {
  readonly columns: string[];
  /** The header as it stands, with its line break. */
  readonly header: string;
  /** Complete rows without their line breaks; their cells are numbers, so no cell has a line break. */
  readonly rows: readonly string[];
}

function parse(text: string, path: string): Parsed {
  const columns: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\n]*))([,\n])/y;
  for (let match = cell.exec(text); match !== null; match = cell.exec(text)) {
    columns.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    if (match[3] !== "\n") continue;
    if (columns[0] !== "step") break;
    return {
      columns,
      header: text.slice(0, cell.lastIndex),
      rows: text.slice(cell.lastIndex).split("\n").slice(0, -1),
    };
  }
  // A header that is cut off stands alone: there is nothing to lose.
  if (!text.includes("\n") && "step,".startsWith(text.slice(0, 5))) return { columns: [], header: "", rows: [] };
  throw new FileFormatError(path, 'is not a log written by CsvLog: its first column is not "step"; give another path');
}
