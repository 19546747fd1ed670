import { Head } from "../lib/contracts/head.js";
import type { Init, Mode } from "../lib/contracts/part.js";
import { refuse, requireOptions, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import type * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import type { ActivationName } from "./activations.js";
import { DenseHead } from "./dense.js";
import type { HeadOptions } from "./input-dropout.js";

/** Options of `StackedProjectionHead`. */
export interface StackedProjectionOptions extends HeadOptions {
  /** Width of each layer, the last that of the embedding. */
  readonly outputSizes: readonly number[];
  /** After each layer but the last. Default "relu". */
  readonly activation?: ActivationName;
}

/**
 * Linear maps with an activation between them, as in Quaterion. The same as `DenseHead` with `outputSizes`, which has more options.
 */
export class StackedProjectionHead extends Head {
  /** Name it is saved by. */
  static readonly type = "StackedProjectionHead";
  readonly #layers: DenseHead;
  readonly #options: Required<StackedProjectionOptions>;

  constructor(inputSize: number, options: StackedProjectionOptions) {
    super();
    requireOptions("StackedProjectionHead", options, "options such as { outputSizes: [256, 128] }");
    refuse("StackedProjectionHead", unknownOptions(options, ["outputSizes", "activation", "dropout"]));
    const { outputSizes, activation = "relu", dropout = 0 } = options;
    this.#layers = new DenseHead(inputSize, { outputSizes, activation, dropout });
    this.#options = { outputSizes: [...outputSizes], activation, dropout };
  }

  /**
   * Makes the head again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): StackedProjectionHead {
    const keys = ["inputSize", "outputSizes", "activation", "dropout"] as const;
    type Saved = StackedProjectionOptions & { readonly inputSize: number };
    const { inputSize, ...options } = savedOptions<Saved>("StackedProjectionHead", config, keys);
    return new StackedProjectionHead(inputSize, options);
  }

  override get config(): JsonObject {
    return { inputSize: this.inputSize, ...this.#options };
  }

  override get inputSize(): number {
    return this.#layers.inputSize;
  }

  override get outputSize(): number {
    return this.#layers.outputSize;
  }

  override initialize(random: Random): Init {
    return this.#layers.initialize(random);
  }

  override apply(parameters: TensorTree, vectors: tf.Tensor2D, mode: Mode): tf.Tensor2D {
    return this.#layers.apply(parameters as Parameters<DenseHead["apply"]>[0], vectors, mode);
  }
}
