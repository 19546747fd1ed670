import { Head } from "../lib/contracts/head.js";
import type { Init, Mode } from "../lib/contracts/part.js";
import type { JsonObject } from "../lib/json.js";
import { refuse, savedOptions, share, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import type { Random } from "../lib/random.js";
import * as tf from "../lib/tensor/tf.js";
import { constant } from "./initial.js";
import { droppedOut, type HeadOptions } from "./input-dropout.js";

/** tanh(2) = 0.964: training starts close to the identity. */
const FIRST_GATE = 2;

type GatedParameters = { readonly gate: tf.Tensor1D };

/**
 * Weighs each number of the vector: `x · tanh(gate)`, one gate a column, 2 at first. The lightest head that learns: use it when
 * there is little data or the encoders are good already.
 */
export class GatedHead extends Head<GatedParameters> {
  /** Name it is saved by. */
  static readonly type = "GatedHead";
  readonly inputSize: number;
  readonly #dropout: number;

  constructor(inputSize: number, options: HeadOptions = {}) {
    super();
    const { dropout = 0 } = options;
    refuse("GatedHead", [
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
  static from(config: JsonObject): GatedHead {
    const keys = ["inputSize", "dropout"] as const;
    const { inputSize, ...options } = savedOptions<HeadOptions & { inputSize: number }>("GatedHead", config, keys);
    return new GatedHead(inputSize, options);
  }

  override get config(): JsonObject {
    return { inputSize: this.inputSize, dropout: this.#dropout };
  }

  override get outputSize(): number {
    return this.inputSize;
  }

  override initialize(_random: Random): Init {
    return { parameters: { gate: constant(this.inputSize, FIRST_GATE) } };
  }

  override apply({ gate }: GatedParameters, vectors: tf.Tensor2D, mode: Mode): tf.Tensor2D {
    return tf.mul(droppedOut(vectors, this.#dropout, mode), tf.tanh(gate));
  }
}
