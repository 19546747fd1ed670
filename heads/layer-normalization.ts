import { Head } from "../lib/contracts/head.js";
import type { Init, Mode } from "../lib/contracts/part.js";
import { above, refuse, savedOptions, share, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import * as tf from "../lib/tensor/tf.js";
import { constant } from "./initial.js";
import { droppedOut, type HeadOptions } from "./input-dropout.js";

/** Options of `LayerNormalizationHead`. */
export interface LayerNormalizationOptions extends HeadOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
}

type LayerNormalizationParameters = { readonly scale: tf.Tensor1D; readonly offset: tf.Tensor1D };

/**
 * Shifts and scales each vector to mean 0 and variance 1, then `· scale + offset`, a learned number a column (1 and 0 at first). For
 * encoders of very different scales, in front of other layers.
 *
 * Ba, Kiros, Hinton, "Layer normalization", 2016.
 */
export class LayerNormalizationHead extends Head<LayerNormalizationParameters> {
  /** Name it is saved by. */
  static readonly type = "LayerNormalizationHead";
  readonly inputSize: number;
  readonly #options: Required<LayerNormalizationOptions>;

  constructor(inputSize: number, options: LayerNormalizationOptions = {}) {
    super();
    const { epsilon = 1e-5, dropout = 0 } = options;
    refuse("LayerNormalizationHead", [
      ...unknownOptions(options, ["epsilon", "dropout"]),
      wholeNumber("inputSize", inputSize, 1),
      above("epsilon", epsilon, 0),
      share("dropout", dropout),
    ]);
    this.inputSize = inputSize;
    this.#options = { epsilon, dropout };
  }

  /**
   * Makes the head again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): LayerNormalizationHead {
    type Saved = LayerNormalizationOptions & { readonly inputSize: number };
    const keys = ["inputSize", "epsilon", "dropout"] as const;
    const { inputSize, ...options } = savedOptions<Saved>("LayerNormalizationHead", config, keys);
    return new LayerNormalizationHead(inputSize, options);
  }

  override get config(): JsonObject {
    return { inputSize: this.inputSize, ...this.#options };
  }

  override get outputSize(): number {
    return this.inputSize;
  }

  override initialize(): Init {
    return { parameters: { scale: constant(this.inputSize, 1), offset: constant(this.inputSize, 0) } };
  }

  override apply({ scale, offset }: LayerNormalizationParameters, vectors: tf.Tensor2D, mode: Mode): tf.Tensor2D {
    const x = droppedOut(vectors, this.#options.dropout, mode);
    const centered = tf.sub(x, tf.mean(x, 1, true));
    const variance = tf.mean(tf.square(centered), 1, true); // [n, 1]
    const normal = tf.mul(centered, tf.rsqrt(tf.add(variance, this.#options.epsilon)));
    return tf.add(tf.mul(normal, scale), offset);
  }
}
