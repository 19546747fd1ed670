import { Head } from "../lib/contracts/head.js";
import type { Init, Mode } from "../lib/contracts/part.js";
import { above, refuse, savedOptions, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import type * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import type { ActivationName } from "./activations.js";
import { DenseHead } from "./dense.js";
import type { HeadOptions } from "./input-dropout.js";

/** Options of `WideningHead`. */
export interface WideningOptions extends HeadOptions {
  /** Width of the layer in the middle, in widths of the input; rounded down. Default 4. */
  readonly expansionFactor?: number;
  /** Between the two layers. Default "relu". */
  readonly activation?: ActivationName;
}

/**
 * Two linear maps, to a wider layer and back to the input's width: the feed-forward block of a transformer. For vectors whose
 * directions have to be combined in new ways; costs `2 · expansionFactor · inputSize²` numbers.
 */
export class WideningHead extends Head {
  /** Name it is saved by. */
  static readonly type = "WideningHead";
  readonly inputSize: number;
  readonly #layers: DenseHead;
  readonly #options: Required<WideningOptions>;

  constructor(inputSize: number, options: WideningOptions = {}) {
    super();
    const { expansionFactor = 4, activation = "relu", dropout = 0 } = options;
    refuse("WideningHead", [
      ...unknownOptions(options, ["expansionFactor", "activation", "dropout"]),
      wholeNumber("inputSize", inputSize, 1),
      above("expansionFactor", expansionFactor, 0),
    ]);
    const width = Math.floor(inputSize * expansionFactor);
    refuse("WideningHead", [width < 1 ? `expansionFactor: ${inputSize} · ${expansionFactor} is less than 1` : null]);
    this.inputSize = inputSize;
    this.#layers = new DenseHead(inputSize, { outputSizes: [width, inputSize], activation, dropout });
    this.#options = { expansionFactor, activation, dropout };
  }

  /**
   * Makes the head again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): WideningHead {
    const keys = ["inputSize", "expansionFactor", "activation", "dropout"] as const;
    type Saved = WideningOptions & { readonly inputSize: number };
    const { inputSize, ...options } = savedOptions<Saved>("WideningHead", config, keys);
    return new WideningHead(inputSize, options);
  }

  override get config(): JsonObject {
    return { inputSize: this.inputSize, ...this.#options };
  }

  override get outputSize(): number {
    return this.inputSize;
  }

  override initialize(random: Random): Init {
    return this.#layers.initialize(random);
  }

  override apply(parameters: TensorTree, vectors: tf.Tensor2D, mode: Mode): tf.Tensor2D {
    return this.#layers.apply(parameters as Parameters<DenseHead["apply"]>[0], vectors, mode);
  }
}
