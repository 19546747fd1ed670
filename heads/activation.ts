import { Head } from "../lib/contracts/head.js";
import type { Init, Mode } from "../lib/contracts/part.js";
import { oneOf, refuse, savedOptions, share, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import type * as tf from "../lib/tensor/tf.js";
import { ACTIVATIONS, type ActivationName } from "./activations.js";
import { droppedOut, type HeadOptions } from "./input-dropout.js";

/** Options of `ActivationHead`. */
export interface ActivationOptions extends HeadOptions {
  /** Which. Default "relu". */
  readonly activation?: ActivationName;
}

/** An activation alone: what stands between two heads of a `SequentialHead`. Nothing to train. */
export class ActivationHead extends Head {
  /** Name it is saved by. */
  static readonly type = "ActivationHead";
  readonly inputSize: number;
  readonly #options: Required<ActivationOptions>;

  constructor(inputSize: number, options: ActivationOptions = {}) {
    super();
    const { activation = "relu", dropout = 0 } = options;
    refuse("ActivationHead", [
      ...unknownOptions(options, ["activation", "dropout"]),
      wholeNumber("inputSize", inputSize, 1),
      oneOf("activation", activation, Object.keys(ACTIVATIONS)),
      share("dropout", dropout),
    ]);
    this.inputSize = inputSize;
    this.#options = { activation, dropout };
  }

  /**
   * Makes the head again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): ActivationHead {
    type Saved = ActivationOptions & { readonly inputSize: number };
    const keys = ["inputSize", "activation", "dropout"] as const;
    const { inputSize, ...options } = savedOptions<Saved>("ActivationHead", config, keys);
    return new ActivationHead(inputSize, options);
  }

  override get config(): JsonObject {
    return { inputSize: this.inputSize, ...this.#options };
  }

  override get outputSize(): number {
    return this.inputSize;
  }

  override initialize(): Init {
    return { parameters: {} };
  }

  override apply(_parameters: object, vectors: tf.Tensor2D, mode: Mode): tf.Tensor2D {
    return ACTIVATIONS[this.#options.activation](droppedOut(vectors, this.#options.dropout, mode));
  }
}
