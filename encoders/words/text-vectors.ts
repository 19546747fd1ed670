import { DataError } from "../../lib/errors.js";
import { show } from "../../lib/show.js";
import { GrowingTable, type WordSelection, type WordTable } from "./word-table.js";

/** Bytes of the longest line; a file without line ends is no file of vectors. */
const LONGEST_LINE = 1 << 20;

/**
 * Words and numbers in lines, as GloVe, fastText and word2vec write them, with a first line "words size" or without. A word may have
 * spaces in it. Lines of words that are not wanted are passed over.
 *
 * @throws DataError naming file and line for a line that is broken, or fewer lines than the first one says.
 */
export async function readTextVectors(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  selection: WordSelection,
): Promise<WordTable> {
  const beginnings = selection.wanted === null ? null : new Set([...selection.wanted].map(firstPiece));
  let table: GrowingTable | null = null;
  let promised: number | null = null;
  let line = 0;
  let rank = 0;
  for await (const text of linesOf(chunks, file)) {
    line += 1;
    const fields = text.trimEnd();
    if (fields === "") continue;
    const header: RegExpExecArray | null = line === 1 ? /^(\d+)[ \t](\d+)$/.exec(fields) : null;
    if (header !== null) {
      promised = Number(header[1]);
      const size = Number(header[2]);
      if (size < 1 || size > LONGEST_LINE / 2) throw new DataError(`says its vectors have ${size} numbers`, file, line);
      table = new GrowingTable(size, selection);
      continue;
    }
    table ??= new GrowingTable(sizeOf(fields, file, line), selection);
    if (rank === selection.limit) break;
    rank += 1;
    if (beginnings === null || beginnings.has(firstPiece(selection.form(firstPiece(fields)))))
      readLine(fields, table, rank, file, line);
  }
  if (table === null) throw new DataError("is empty", file);
  if (promised !== null && rank < Math.min(promised, selection.limit)) {
    throw new DataError(`ends after ${rank} words, but its first line says ${promised}; it is cut short`, file, line);
  }
  return table.table(file, rank);
}

function sizeOf(fields: string, file: string, line: number): number {
  const size = fields.split(/[ \t]/).length - 1;
  if (size >= 1) return size;
  throw new DataError(`expected a word and its numbers, got ${show(fields)}`, file, line);
}

function readLine(fields: string, table: GrowingTable, rank: number, file: string, line: number): void {
  const pieces = fields.split(/[ \t]/);
  const at = pieces.length - table.size;
  const word = pieces.slice(0, Math.max(0, at)).join(" ");
  const surplus = at > 1 && isNumber(pieces[at - 1] as string);
  if (word === "" || surplus) {
    throw new DataError(
      `expected a word and ${table.size} numbers, got ${pieces.length - 1} numbers after ${show(pieces[0])}`,
      file,
      line,
    );
  }
  if (!table.wants(word)) return;
  const values = new Float32Array(table.size);
  for (let i = 0; i < table.size; i += 1) {
    const piece = pieces[at + i] as string;
    if (!isNumber(piece)) throw new DataError(`number ${i + 1} of ${show(word)} is ${show(piece)}`, file, line);
    values[i] = Number(piece);
  }
  table.add(word, rank).set(values);
}

function firstPiece(text: string): string {
  const end = text.search(/[ \t]/);
  return end < 0 ? text : text.slice(0, end);
}

function isNumber(piece: string): boolean {
  return piece !== "" && Number.isFinite(Math.fround(Number(piece)));
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  let line = 0;
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() as string;
    line += lines.length;
    if (rest.length > LONGEST_LINE) {
      throw new DataError(
        `is longer than ${LONGEST_LINE} letters; a binary file is read with format: "binary"`,
        file,
        line + 1,
      );
    }
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
