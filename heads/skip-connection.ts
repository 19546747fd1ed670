import { Head } from "../lib/contracts/head.js";
import type { Init, Mode } from "../lib/contracts/part.js";
import type { JsonObject } from "../lib/json.js";
import { refuse, savedOptions, share, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import type { Random } from "../lib/random.js";
import { linear } from "../lib/tensor/linear.js";
import { samePosition } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
import { constant, glorotUniform } from "./initial.js";
import { droppedOut, type HeadOptions } from "./input-dropout.js";

/** sigmoid(-4) = 0.018: training starts close to the identity. */
const FIRST_GATE = -4;

/** Options of `SkipConnectionHead`. */
export interface SkipConnectionOptions extends HeadOptions {
  /** Layers, one after another. Default 1. */
  readonly layers?: number;
  /** Dropout before each linear map, but not on the way around it. Default 0. */
  readonly skipDropout?: number;
}

type SkipConnectionLayer = {
  readonly kernel: tf.Tensor2D;
  readonly bias: tf.Tensor1D;
  readonly gate: tf.Tensor1D;
};
/** By name: `layer0`, `layer1` … */
type SkipConnectionParameters = { readonly [layer: string]: SkipConnectionLayer };

/**
 * Adds a learned correction to the vector: in each layer `x ← (x · kernel + bias) · sigmoid(gate) + x`, one gate a column, -4 at first.
 * Keeps what good encoders know and moves as far from it as the data ask for; costs a square matrix of the input's width.
 */
export class SkipConnectionHead extends Head<SkipConnectionParameters> {
  /** Name it is saved by. */
  static readonly type = "SkipConnectionHead";
  readonly inputSize: number;
  readonly #options: Required<SkipConnectionOptions>;

  constructor(inputSize: number, options: SkipConnectionOptions = {}) {
    super();
    const { layers = 1, skipDropout = 0, dropout = 0 } = options;
    refuse("SkipConnectionHead", [
      ...unknownOptions(options, ["layers", "skipDropout", "dropout"]),
      wholeNumber("inputSize", inputSize, 1),
      wholeNumber("layers", layers, 1),
      share("skipDropout", skipDropout),
      share("dropout", dropout),
    ]);
    this.inputSize = inputSize;
    this.#options = { layers, skipDropout, dropout };
  }

  /**
   * Makes the head again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): SkipConnectionHead {
    const keys = ["inputSize", "layers", "skipDropout", "dropout"] as const;
    type Saved = SkipConnectionOptions & { readonly inputSize: number };
    const { inputSize, ...options } = savedOptions<Saved>("SkipConnectionHead", config, keys);
    return new SkipConnectionHead(inputSize, options);
  }

  override get config(): JsonObject {
    return { inputSize: this.inputSize, ...this.#options };
  }

  override get outputSize(): number {
    return this.inputSize;
  }

  override initialize(random: Random): Init {
    const size = this.inputSize;
    const layers = this.#names.map((name) => ({
      [name]: {
        kernel: glorotUniform(random.fork(name), size, size),
        bias: constant(size, 0),
        gate: constant(size, FIRST_GATE),
      },
    }));
    return { parameters: Object.assign({}, ...layers) as Init["parameters"] };
  }

  override apply(parameters: SkipConnectionParameters, vectors: tf.Tensor2D, mode: Mode): tf.Tensor2D {
    let x = droppedOut(vectors, this.#options.dropout, mode);
    for (const name of this.#names) {
      const { kernel, bias, gate } = parameters[name] as SkipConnectionLayer;
      const open = tf.sigmoid(gate);
      const dropped = droppedOut(x, this.#options.skipDropout, mode);
      if (mode.training && dropped === x && vectors.shape[0] > this.inputSize) {
        // (x · kernel + bias) · open + x = x · (kernel · open + 1) + bias · open: elementwise over the kernel instead of over more rows.
        const around = tf.add(tf.mul(kernel, open), samePosition(this.inputSize));
        x = linear(x, around as tf.Tensor2D, tf.mul(bias, open));
      } else {
        const mapped = tf.add(tf.matMul(dropped, kernel), bias);
        x = tf.add(tf.mul(mapped, open), x);
      }
    }
    return x;
  }

  get #names(): readonly string[] {
    return Array.from({ length: this.#options.layers }, (_, layer) => `layer${layer}`);
  }
}
