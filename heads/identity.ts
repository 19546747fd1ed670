import { Head } from "../lib/contracts/head.js";
import type { Init, Mode } from "../lib/contracts/part.js";
import type { JsonObject } from "../lib/json.js";
import { refuse, savedOptions, share, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import type { Random } from "../lib/random.js";
import type * as tf from "../lib/tensor/tf.js";
import { droppedOut, type HeadOptions } from "./input-dropout.js";

/**
 * Leaves vectors as they are: the concatenated encoder vectors are the embedding. Nothing to train here, so it goes with a trainable
 * encoder.
 */
export class IdentityHead extends Head {
  /** Name it is saved by. */
  static readonly type = "IdentityHead";
  readonly inputSize: number;
  readonly #dropout: number;

  constructor(inputSize: number, options: HeadOptions = {}) {
    super();
    const { dropout = 0 } = options;
    refuse("IdentityHead", [
      ...unknownOptions(options, ["dropout"]),
      wholeNumber("inputSize", inputSize, 1),
      share("dropout", dropout),
    ]);
    this.inputSize = inputSize;
    this.#dropout = dropout;
  }

  /**
   * Makes the head again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): IdentityHead {
    const keys = ["inputSize", "dropout"] as const;
    const { inputSize, ...options } = savedOptions<HeadOptions & { inputSize: number }>("IdentityHead", config, keys);
    return new IdentityHead(inputSize, options);
  }

  override get config(): JsonObject {
    return { inputSize: this.inputSize, dropout: this.#dropout };
  }

  override get outputSize(): number {
    return this.inputSize;
  }

  override initialize(_random: Random): Init {
    return { parameters: {} };
  }

  override apply(_parameters: object, vectors: tf.Tensor2D, mode: Mode): tf.Tensor2D {
    return droppedOut(vectors, this.#dropout, mode);
  }
}
