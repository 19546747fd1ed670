import { DataError } from "../../lib/errors.js";

/** Vectors of words as a file has them. */
export interface WordTable {
  readonly words: readonly string[];
  /** Position of each word in the file, from 1; files are sorted by frequency. */
  readonly ranks: readonly number[];
  /** `[words, size]` */
  readonly vectors: Float32Array;
  readonly size: number;
  /** Words that the file has, of which `words` may be some. */
  readonly total: number;
}

/** Which words of a file are kept. */
export interface WordSelection {
  /** In the form that `form` gives; null: all. */
  readonly wanted: ReadonlySet<string> | null;
  /** Brings a word of the file to the form in which words are looked up. */
  readonly form: (word: string) => string;
  /** Words from the beginning of the file. */
  readonly limit: number;
}

/** Collects vectors; takes no more memory than twice what has come, whatever a file says of itself. */
export class GrowingTable {
  readonly #seen = new Set<string>();
  readonly #words: string[] = [];
  readonly #ranks: number[] = [];
  #vectors: Float32Array;

  constructor(
    readonly size: number,
    readonly selection: WordSelection,
  ) {
    this.#vectors = new Float32Array(64 * size);
  }

  wants(word: string): boolean {
    const { wanted, form } = this.selection;
    return (wanted?.has(form(word)) ?? true) && !this.#seen.has(word);
  }

  /** A place for the numbers of a new word. */
  add(word: string, rank: number): Float32Array {
    const start = this.#words.length * this.size;
    if (start + this.size > this.#vectors.length) {
      const grown = new Float32Array(this.#vectors.length * 2);
      grown.set(this.#vectors);
      this.#vectors = grown;
    }
    this.#seen.add(word);
    this.#words.push(word);
    this.#ranks.push(rank);
    return this.#vectors.subarray(start, start + this.size);
  }

  /** @throws DataError when no word was kept. */
  table(file: string, total: number): WordTable {
    if (this.#words.length === 0) {
      throw new DataError(
        this.selection.wanted === null ? "has no vectors" : "has none of the words that are wanted; check `lowercase`",
        file,
      );
    }
    const vectors = this.#vectors.slice(0, this.#words.length * this.size);
    return { words: this.#words, ranks: this.#ranks, vectors, size: this.size, total };
  }
}
