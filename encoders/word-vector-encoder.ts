import { resolve } from "node:path";
import { FrozenEncoder, type Fittable } from "../lib/contracts/encoder.js";
import { refuse, savedOptions, wholeNumber } from "../lib/contracts/options.js";
import { DataError, FileFormatError, UsageError } from "../lib/errors.js";
import type { JsonObject } from "../lib/json.js";
import { show } from "../lib/show.js";
import { hostTensor, type HostTensor, type HostTensors } from "../lib/tensor/host.js";
import { bytesAsWeights, weightsAsBytes } from "./byte-weights.js";
import { fingerprintOf } from "./fingerprint.js";
import { normalizeRows } from "./pooling.js";
import { CommonComponent, withoutComponent } from "./words/common-component.js";
import { smoothInverseFrequencies } from "./words/word-frequencies.js";
import { poolWords, type WeighedRow, type WordPooling } from "./words/word-pooling.js";
import type { WordTable } from "./words/word-table.js";
import { wordVectorProblems, type UnknownWords, type WordVectorOptions } from "./words/word-vector-options.js";
import { readWordVectors, type WordVectorFormat } from "./words/word-vectors-file.js";
import { formOf, wordsOf } from "./words/words-of.js";

/** What counts as a letter differs between versions of Unicode. */
const VERSION = `2, Unicode ${process.versions["unicode"] ?? "unknown"}`;
const KEYS = ["size", "pooling", "lowercase", "unknown", "normalize", "commonComponent", "reference"] as const;

/** The file that vectors are read from again, instead of being saved. */
interface Reference {
  readonly file: string;
  readonly format: WordVectorFormat;
  /** 0: all. */
  readonly limit: number;
  readonly checksum: string;
}

interface Settings {
  readonly size: number;
  readonly pooling: readonly WordPooling[];
  readonly lowercase: boolean;
  readonly unknown: UnknownWords;
  readonly normalize: boolean;
  readonly commonComponent: boolean;
  readonly reference: Reference | null;
}

interface Words {
  readonly rows: ReadonlyMap<string, number>;
  readonly vectors: Float32Array;
}

/**
 * Texts as pooled vectors of their words, from the files that GloVe, fastText and word2vec publish. Knows which words are alike without a
 * model to run: some tens of thousands of texts a second. A text without a known word is the zero row.
 *
 * `const encoder = await WordVectorEncoder.load("glove.6B.100d.txt", { limit: 100_000, sif: true })`
 *
 * Frozen: its vectors can be cached. The vectors are saved with the model unless `store: "reference"`; `limit` and `words` keep them few.
 */
export class WordVectorEncoder extends FrozenEncoder<string> implements Fittable<string> {
  /** Name it is saved by. */
  static readonly type = "WordVectorEncoder";
  readonly #settings: Settings;
  #weights: HostTensors;
  #words: Promise<Words> | null = null;

  private constructor(settings: Settings, weights: HostTensors, words?: Words) {
    super();
    const { pooling, lowercase, unknown, normalize, size } = settings;
    refuse("WordVectorEncoder", [
      wholeNumber("size", size, 1),
      ...wordVectorProblems({ pooling, lowercase, unknown, normalize }),
    ]);
    this.#settings = settings;
    this.#weights = weights;
    if (words !== undefined) this.#words = Promise.resolve(words);
  }

  /**
   * Reads a file of word vectors.
   * @throws ConfigError for options that are wrong; DataError or FileFormatError, with the line where there are lines, for a broken file.
   */
  static async load(path: string, options: WordVectorOptions = {}): Promise<WordVectorEncoder> {
    refuse("WordVectorEncoder", wordVectorProblems(options));
    const { pooling = "mean", lowercase = true, unknown = "skip", normalize = false } = options;
    const file = resolve(path);
    const format = options.format ?? (file.endsWith(".bin") ? "binary" : "text");
    const form = (word: string): string => formOf(word, lowercase);
    const words = options.words === undefined ? null : [...options.words].filter((word) => !word.includes("\n"));
    const wanted = words === null ? null : new Set(words.map(form));
    const limit = options.limit ?? Infinity;
    const { table, checksum } = await readWordVectors(file, format, { wanted, limit, form });
    const sif = options.sif === true ? {} : options.sif === false ? undefined : options.sif;
    const referred = options.store === "reference";
    const settings: Settings = {
      size: table.size,
      pooling: typeof pooling === "string" ? [pooling] : [...pooling],
      lowercase,
      unknown,
      normalize,
      commonComponent: sif?.commonComponent ?? false,
      reference: referred ? { file, format, limit: options.limit ?? 0, checksum } : null,
    };
    const kept = referred ? (wanted === null ? {} : { words: textWeights(wanted) }) : tableWeights(table);
    const weighed = sif === undefined ? {} : { sif: vector(smoothInverseFrequencies(table, sif, form)) };
    return new WordVectorEncoder(settings, { ...kept, ...weighed }, indexed(table.words, table.vectors, form));
  }

  /**
   * Makes the encoder again from its saved configuration and weights; a file that is only referred to is read when it is first needed.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors): WordVectorEncoder {
    return new WordVectorEncoder(savedOptions<Settings>("WordVectorEncoder", config, KEYS), weights);
  }

  override get config(): JsonObject {
    return { ...this.#settings } as unknown as JsonObject;
  }

  override get weights(): HostTensors {
    return this.#weights;
  }

  override get embeddingSize(): number {
    return this.#settings.size * this.#settings.pooling.length;
  }

  /** Whether the common component is known, or not needed. */
  get fitted(): boolean {
    return !this.#settings.commonComponent || this.#weights["component"] !== undefined;
  }

  /** Finds what the texts have in common, in place of what was found before. */
  async fit(items: AsyncIterable<string>): Promise<void> {
    if (!this.#settings.commonComponent) return;
    const component = new CommonComponent(this.embeddingSize);
    for await (const item of items) component.add(await this.#pooled([item]));
    this.#weights = { ...this.#weights, component: vector(component.direction()) };
  }

  /** @throws DataError naming the position of an item that is not a string; UsageError when it is not fitted. */
  override async embed(items: readonly string[]): Promise<Float32Array> {
    if (!this.fitted)
      throw new UsageError("WordVectorEncoder: the common component is not known; call fit(texts) first");
    const rows = await this.#pooled(items);
    const component = this.#weights["component"]?.data;
    if (component !== undefined) withoutComponent(rows, component as Float32Array);
    return this.#settings.normalize ? normalizeRows(rows, this.embeddingSize) : rows;
  }

  override fingerprint(): string {
    return fingerprintOf(this, VERSION);
  }

  async #pooled(items: readonly string[]): Promise<Float32Array> {
    const { size, pooling, lowercase } = this.#settings;
    const words = await (this.#words ??= this.#open());
    const width = this.embeddingSize;
    const rows = new Float32Array(items.length * width);
    items.forEach((item: unknown, position) => {
      if (typeof item !== "string") {
        throw new DataError(`WordVectorEncoder: item ${position}: expected a text, got ${show(item)}`);
      }
      const found = wordsOf(item, lowercase, (word) => words.rows.has(word));
      const weighed = found.flatMap((word) => this.#weigh(words, word, item, position));
      poolWords(rows.subarray(position * width, (position + 1) * width), weighed, words.vectors, size, pooling);
    });
    return rows;
  }

  #weigh(words: Words, word: string, text: string, position: number): WeighedRow | [] {
    const row = words.rows.get(word);
    if (row !== undefined) return { row, weight: this.#weights["sif"]?.data[row] ?? 1 };
    const { unknown } = this.#settings;
    if (unknown === "zero") return { row: null, weight: 0 };
    if (unknown === "skip") return [];
    throw new DataError(`WordVectorEncoder: item ${position}, ${show(text)}: the word "${word}" has no vector`);
  }

  async #open(): Promise<Words> {
    const { reference, size, lowercase } = this.#settings;
    const form = (word: string): string => formOf(word, lowercase);
    const saved = this.#weights["words"];
    const names = saved === undefined ? null : textOf(saved);
    if (reference === null) {
      const vectors = this.#weights["vectors"]?.data;
      if (names === null || !(vectors instanceof Float32Array) || vectors.length !== names.length * size) {
        throw new FileFormatError("WordVectorEncoder", "the saved weights do not hold its words and their vectors");
      }
      return indexed(names, vectors, form);
    }
    const { file, format, limit, checksum } = reference;
    const selection = {
      wanted: names === null ? null : new Set(names.map(form)),
      limit: limit === 0 ? Infinity : limit,
      form,
    };
    const read = await readWordVectors(file, format, selection);
    if (read.checksum !== checksum) {
      throw new FileFormatError(file, "is not the file this encoder was made from: its checksum is another");
    }
    return indexed(read.table.words, read.table.vectors, form);
  }
}

function tableWeights({ words, vectors, size }: WordTable): HostTensors {
  return { words: textWeights(words), vectors: hostTensor(vectors, [words.length, size]) };
}

/** Words have no line end in them. */
function textWeights(words: Iterable<string>): HostTensor {
  return bytesAsWeights(new TextEncoder().encode([...words].join("\n")));
}

function textOf(tensor: HostTensor): string[] {
  return new TextDecoder("utf-8", { ignoreBOM: true })
    .decode(weightsAsBytes(tensor, "WordVectorEncoder: words"))
    .split("\n");
}

function vector(data: Float32Array): HostTensor {
  return hostTensor(data, [data.length]);
}

/** Every word by its form: the word that has this form itself, or else the first of those that are brought to it. */
function indexed(words: readonly string[], vectors: Float32Array, form: (word: string) => string): Words {
  const rows = new Map<string, number>();
  words.forEach((word, row) => {
    const key = form(word);
    if (key === word || !rows.has(key)) rows.set(key, row);
  });
  return { rows, vectors };
}
