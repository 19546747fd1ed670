import { FileFormatError } from "../../lib/errors.js";
import { show } from "../../lib/show.js";
import { GrowingTable, type WordSelection, type WordTable } from "./word-table.js";

const LONGEST_HEADER = 64;
const LONGEST_WORD = 4096;
const NEWLINE = 10;
const SPACE = 32;

/**
 * The binary form of word2vec: a line "words size", then each word, a space and its numbers as float32 in little-endian order. What the
 * first line says is compared with the length of the file before anything is allocated.
 *
 * @throws FileFormatError when the file is shorter or longer than its first line says, or holds what is no finite number.
 */
export async function readBinaryVectors(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  bytes: number,
  selection: WordSelection,
): Promise<WordTable> {
  const source = new Pieces(chunks, file);
  const { words, size } = readHeader(await source.until(NEWLINE, LONGEST_HEADER, "its first line"), file, bytes);
  const table = new GrowingTable(size, selection);
  const decoder = new TextDecoder();
  const total = Math.min(words, selection.limit);
  for (let rank = 1; rank <= total; rank += 1) {
    const word = decoder.decode(await source.until(SPACE, LONGEST_WORD, `word ${rank}`)).replace(/^\n+/, "");
    const numbers = await source.take(size * 4, `the vector of word ${rank}`);
    if (word.includes("\n")) throw new FileFormatError(file, `word ${rank}, ${show(word)}, has a line end in it`);
    if (!table.wants(word)) continue;
    const values = table.add(word, rank);
    new Uint8Array(values.buffer, values.byteOffset, size * 4).set(numbers);
    if (!values.every(Number.isFinite)) {
      throw new FileFormatError(file, `the vector of word ${rank}, ${show(word)}, has a NaN or an infinity`);
    }
  }
  return table.table(file, total);
}

function readHeader(line: Uint8Array, file: string, bytes: number): { words: number; size: number } {
  const text = new TextDecoder().decode(line);
  const found = /^(\d{1,15}) (\d{1,9})\r?$/.exec(text.trimEnd());
  if (found === null) throw new FileFormatError(file, `expected a first line "words size", got ${show(text)}`);
  const [words, size] = [Number(found[1]), Number(found[2])];
  if (words < 1 || size < 1) throw new FileFormatError(file, `says it has ${words} words of ${size} numbers`);
  const least = line.length + 1 + words * (size * 4 + 1);
  if (least > bytes) {
    throw new FileFormatError(
      file,
      `says it has ${words} words of ${size} numbers, at least ${least} bytes, but has ${bytes}; it is damaged or cut short`,
    );
  }
  return { words, size };
}

/** Takes as many bytes as are asked for from chunks of any length. */
class Pieces {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #file: string;
  #rest = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Uint8Array>, file: string) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#file = file;
  }

  async take(length: number, what: string): Promise<Uint8Array> {
    while (this.#rest.length < length) if (!(await this.#more())) throw this.#short(what);
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }

  /** What comes before the byte, which is passed over. */
  async until(byte: number, longest: number, what: string): Promise<Uint8Array> {
    for (;;) {
      const at = this.#rest.subarray(0, longest).indexOf(byte);
      if (at >= 0) {
        const taken = this.#rest.subarray(0, at);
        this.#rest = this.#rest.subarray(at + 1);
        return taken;
      }
      if (this.#rest.length >= longest) {
        throw new FileFormatError(
          this.#file,
          `${what} is longer than ${longest} bytes; this is not the binary form of word2vec`,
        );
      }
      if (!(await this.#more())) throw this.#short(what);
    }
  }

  async #more(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done === true) return false;
    this.#rest = Buffer.concat([this.#rest, next.value]);
    return true;
  }

  #short(what: string): FileFormatError {
    return new FileFormatError(this.#file, `ends within ${what}; it is cut short`);
  }
}
