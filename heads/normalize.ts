import { Head } from "../lib/contracts/head.js";
import type { Init, Mode } from "../lib/contracts/part.js";
import { refuse, savedOptions, share, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import { unitRows } from "../lib/tensor/rows.js";
import type * as tf from "../lib/tensor/tf.js";
import { droppedOut, type HeadOptions } from "./input-dropout.js";

/**
 * Divides each vector by its length (a zero row stays zero), so that dot product and cosine are the same. Nothing to train; as the last
 * of a `SequentialHead`, or alone after a trainable encoder.
 */
export class NormalizeHead extends Head {
  /** Name it is saved by. */
  static readonly type = "NormalizeHead";
  readonly inputSize: number;
  readonly #dropout: number;

  constructor(inputSize: number, options: HeadOptions = {}) {
    super();
    const { dropout = 0 } = options;
    refuse("NormalizeHead", [
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
  static from(config: JsonObject): NormalizeHead {
    const keys = ["inputSize", "dropout"] as const;
    const { inputSize, ...options } = savedOptions<HeadOptions & { inputSize: number }>("NormalizeHead", config, keys);
    return new NormalizeHead(inputSize, options);
  }

  override get config(): JsonObject {
    return { inputSize: this.inputSize, dropout: this.#dropout };
  }

  override get outputSize(): number {
    return this.inputSize;
  }

  override initialize(): Init {
    return { parameters: {} };
  }

  override apply(_parameters: object, vectors: tf.Tensor2D, mode: Mode): tf.Tensor2D {
    return unitRows(droppedOut(vectors, this.#dropout, mode));
  }
}
