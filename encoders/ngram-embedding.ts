import { TrainableEncoder, type Fittable, type InputLayout } from "../lib/contracts/encoder.js";
import { oneOf, refuse, savedOptions, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import type { Init } from "../lib/contracts/part.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import { hostTensor, type HostTensors } from "../lib/tensor/host.js";
import type * as tf from "../lib/tensor/tf.js";
import type { Tensors } from "../lib/tensor/tree.js";
import { padBags, sumOfRows, type Bag } from "./embedding-bag.js";
import {
  bucketsProblem,
  NGRAM_KEYS,
  ngramProblems,
  ngramSettings,
  type NgramOptions,
  type NgramSettings,
} from "./ngram-options.js";
import { NgramWeights } from "./ngram-weights.js";

const POOLINGS = ["unit", "mean", "sum"] as const;

/** Options of `NgramEmbedding`. */
export interface NgramEmbeddingOptions extends NgramOptions {
  /** Width of the vectors. Default 256. */
  readonly size?: number;
  /** Rows of the table that n-grams are hashed into. Default 8192. */
  readonly buckets?: number;
  /**
   * How the vectors of a text's n-grams become one: their weighted sum, with the weights scaled to length 1 ("unit"), to sum 1
   * ("mean"), or as they are ("sum"). Default "unit".
   */
  readonly pooling?: (typeof POOLINGS)[number];
  /** N-grams of a text that count; of a longer one those with the largest weights. Default 256. */
  readonly maxNgrams?: number;
}

const OWN_KEYS = ["size", "buckets", "pooling", "maxNgrams"] as const;

/** Narrowest padding. */
const LEAST_WIDTH = 16;

type EmbeddingParameters = { readonly table: tf.Tensor2D };

/**
 * Text as a weighted sum of trained n-gram vectors (an embedding bag): the features of `NgramEncoder`, each bucket with a vector of its
 * own. The same as a linear layer after `NgramEncoder`, at the cost of the n-grams that occur instead of all buckets. Starts as a
 * random projection, which about keeps the angles between `NgramEncoder`'s vectors.
 *
 * With `idf` it is fitted before training, like `NgramEncoder`. Choose `NgramEncoder` when vectors should be cached.
 *
 * Joulin et al., "Bag of Tricks for Efficient Text Classification", EACL 2017.
 */
export class NgramEmbedding extends TrainableEncoder<string, EmbeddingParameters> implements Fittable<string> {
  /** Name it is saved by. */
  static readonly type = "NgramEmbedding";
  readonly embeddingSize: number;
  readonly #settings: NgramSettings;
  readonly #own: Required<Pick<NgramEmbeddingOptions, (typeof OWN_KEYS)[number]>>;
  readonly #weights: NgramWeights;

  constructor(options: NgramEmbeddingOptions = {}) {
    super();
    const { size = 256, buckets = 8192, pooling = "unit", maxNgrams = 256 } = options;
    this.#settings = ngramSettings(options);
    refuse("NgramEmbedding", [
      ...unknownOptions(options, [...OWN_KEYS, ...NGRAM_KEYS]),
      wholeNumber("size", size, 1),
      bucketsProblem("buckets", buckets),
      oneOf("pooling", pooling, POOLINGS),
      wholeNumber("maxNgrams", maxNgrams, 1),
      ...ngramProblems(this.#settings),
    ]);
    this.embeddingSize = size;
    this.#own = { size, buckets, pooling, maxNgrams };
    this.#weights = new NgramWeights("NgramEmbedding", this.#settings, buckets, false);
  }

  /** An encoder that has learned its document frequencies from these texts. */
  static fit(texts: Iterable<string>, options: NgramEmbeddingOptions = {}): NgramEmbedding {
    const encoder = new NgramEmbedding(options);
    encoder.#weights.fitNow(texts);
    return encoder;
  }

  /**
   * Makes the encoder again from its saved configuration and weights.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors): NgramEmbedding {
    const keys = [...OWN_KEYS, ...NGRAM_KEYS] as const;
    const encoder = new NgramEmbedding(savedOptions<NgramEmbeddingOptions>("NgramEmbedding", config, keys));
    encoder.restore(weights);
    return encoder;
  }

  /** Takes back what was learned and saved, for an encoder that has this one inside. */
  restore(weights: HostTensors): void {
    this.#weights.restore(weights);
  }

  override get config(): JsonObject {
    return { ...this.#own, ...this.#settings };
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

  /** Starts to learn document frequencies from texts that are given one by one, for an encoder that has this one inside. */
  learn(): { add(text: string): void; finish(): void } {
    return this.#weights.counter();
  }

  /**
   * `ids` `[n, width]`, the buckets, and `weights` `[n, width]`, 0 where a text has fewer. There are few widths, so that few programs
   * are compiled.
   *
   * @throws UsageError when it is not fitted; DataError naming the position of an item that is not a string.
   */
  override collate(items: readonly string[]): HostTensors {
    this.#weights.requireFitted();
    const rows = items.map((item, position) => this.#read(item, position));
    return padBags(rows, LEAST_WIDTH, this.#own.maxNgrams);
  }

  override inputLayouts(): Record<"ids" | "weights", InputLayout> {
    const shape = ["batch", "width"];
    return { ids: { dtype: "int32", shape }, weights: { dtype: "float32", shape } };
  }

  override initialize(random: Random): Init {
    const { buckets, size } = this.#own;
    return {
      parameters: { table: hostTensor(random.normals(buckets * size, 0, 1 / Math.sqrt(size)), [buckets, size]) },
    };
  }

  override apply({ table }: EmbeddingParameters, { ids, weights }: Tensors): tf.Tensor2D {
    return sumOfRows(table, ids as tf.Tensor2D, weights as tf.Tensor2D);
  }

  /** Buckets and scaled weights of one text; the padding does not change them. */
  #read(item: string, position: number): Bag {
    const found = this.#weights.weigh(item, position);
    let buckets = this.#weights.buckets.slice(0, found);
    let values = this.#weights.values.slice(0, found);
    const { maxNgrams, pooling } = this.#own;
    if (found > maxNgrams) {
      const order = Array.from(values.keys()).sort((a, b) => values[b]! - values[a]! || a - b);
      const kept = order.slice(0, maxNgrams).sort((a, b) => a - b);
      buckets = Int32Array.from(kept, (i) => buckets[i]!);
      values = Float32Array.from(kept, (i) => values[i]!);
    }
    let total = 0;
    for (const value of values) total += pooling === "unit" ? value * value : value;
    if (pooling !== "sum" && total > 0) {
      const scale = pooling === "unit" ? 1 / Math.sqrt(total) : 1 / total;
      for (let i = 0; i < values.length; i += 1) values[i]! *= scale;
    }
    return { ids: buckets, weights: values };
  }
}
