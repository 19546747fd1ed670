import { FrozenEncoder, type Fittable } from "../lib/contracts/encoder.js";
import { refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import type { HostTensors } from "../lib/tensor/host.js";
import { fingerprintOf } from "./fingerprint.js";
import {
  bucketsProblem,
  NGRAM_KEYS,
  ngramProblems,
  ngramSettings,
  type NgramOptions,
  type NgramSettings,
} from "./ngram-options.js";
import { NgramWeights } from "./ngram-weights.js";

/** Options of `NgramEncoder`. */
export interface NgramEncoderOptions extends NgramOptions {
  /** Width of the vectors: buckets that n-grams are hashed into. More buckets, fewer collisions. Default 2048. */
  readonly dimensions?: number;
}

/** Letters and lower case differ between versions of Unicode; the number is raised when the features themselves change. */
const VERSION = `1, Unicode ${process.versions["unicode"] ?? "unknown"}`;

/**
 * Text as hashed word and character n-grams: one number a bucket, weighed by frequency and inverse document frequency, rows of length
 * 1. Needs no model and no download, takes microseconds a text, and finds texts that share words or parts of words; what it cannot
 * see, such as synonyms, the head learns. A text without a letter, digit or symbol is the zero row.
 *
 * Frozen: its vectors can be cached. With `idf` it is fitted before it is used: by the trainer on the train items, or by
 * `NgramEncoder.fit(texts)`; other texts to fit to give other vectors, so a cache keeps none when one train item is edited.
 * `NgramEmbedding` has the same features with trained vectors of their own.
 */
export class NgramEncoder extends FrozenEncoder<string> implements Fittable<string> {
  /** Name it is saved by. */
  static readonly type = "NgramEncoder";
  readonly embeddingSize: number;
  readonly #settings: NgramSettings;
  readonly #weights: NgramWeights;

  constructor(options: NgramEncoderOptions = {}) {
    super();
    const { dimensions = 2048 } = options;
    this.#settings = ngramSettings(options);
    refuse("NgramEncoder", [
      ...unknownOptions(options, ["dimensions", ...NGRAM_KEYS]),
      bucketsProblem("dimensions", dimensions),
      ...ngramProblems(this.#settings),
    ]);
    this.embeddingSize = dimensions;
    this.#weights = new NgramWeights("NgramEncoder", this.#settings, dimensions, true);
  }

  /** An encoder that has learned its document frequencies from these texts. */
  static fit(texts: Iterable<string>, options: NgramEncoderOptions = {}): NgramEncoder {
    const encoder = new NgramEncoder(options);
    encoder.#weights.fitNow(texts);
    return encoder;
  }

  /**
   * Makes the encoder again from its saved configuration and weights.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors): NgramEncoder {
    const keys = ["dimensions", ...NGRAM_KEYS] as const;
    const encoder = new NgramEncoder(savedOptions<NgramEncoderOptions>("NgramEncoder", config, keys));
    encoder.#weights.restore(weights);
    return encoder;
  }

  override get config(): JsonObject {
    return { dimensions: this.embeddingSize, ...this.#settings };
  }

  override get weights(): HostTensors {
    return this.#weights.tensors;
  }

  /** Whether document frequencies are known, or not needed. */
  get fitted(): boolean {
    return this.#weights.fitted;
  }

  /** Learns document frequencies, in place of those learned before. */
  async fit(items: AsyncIterable<string>): Promise<void> {
    await this.#weights.fit(items);
  }

  /** @throws UsageError when it is not fitted; DataError naming the position of an item that is not a string. */
  override async embed(items: readonly string[]): Promise<Float32Array> {
    this.#weights.requireFitted();
    const size = this.embeddingSize;
    const rows = new Float32Array(items.length * size);
    for (let row = 0; row < items.length; row += 1)
      this.#write(items[row] as string, row, rows.subarray(row * size, (row + 1) * size));
    return rows;
  }

  override fingerprint(): string {
    return fingerprintOf(this, VERSION);
  }

  #write(item: string, position: number, row: Float32Array): void {
    const found = this.#weights.weigh(item, position);
    const { buckets, values } = this.#weights;
    let squares = 0;
    for (let i = 0; i < found; i += 1) squares += values[i]! * values[i]!;
    if (squares === 0) return;
    const scale = 1 / Math.sqrt(squares);
    for (let i = 0; i < found; i += 1) row[buckets[i]!] = values[i]! * scale;
  }
}
