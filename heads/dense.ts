import { Head } from "../lib/contracts/head.js";
import type { Init, Mode } from "../lib/contracts/part.js";
import type { JsonObject } from "../lib/json.js";
import {
  flag,
  oneOf,
  refuse,
  requireOptions,
  savedOptions,
  share,
  unknownOptions,
  wholeNumber,
} from "../lib/contracts/options.js";
import type { Random } from "../lib/random.js";
import { show } from "../lib/show.js";
import { linear } from "../lib/tensor/linear.js";
import { unitRows } from "../lib/tensor/rows.js";
import type * as tf from "../lib/tensor/tf.js";
import { ACTIVATIONS, type ActivationName } from "./activations.js";
import { constant, glorotUniform, orthogonal } from "./initial.js";
import { droppedOut, type HeadOptions } from "./input-dropout.js";

const SAVED_KEYS = [
  "inputSize",
  "outputSizes",
  "activation",
  "bias",
  "normalize",
  "initialization",
  "dropout",
] as const;

const INITIALIZATIONS = { glorot: glorotUniform, orthogonal } as const;

/** Options of `DenseHead` besides the widths. */
export interface DenseLayersOptions extends HeadOptions {
  /** After each layer but the last. Default "relu". */
  readonly activation?: ActivationName;
  /** Add a learned number to each column. Default true. */
  readonly bias?: boolean;
  /** Divide each embedding by its length (zero stays zero). Default false: cosine losses do so themselves. */
  readonly normalize?: boolean;
  /**
   * First numbers of the kernels: "glorot" (uniform), or "orthogonal", which keeps lengths and angles as far as the widths allow but
   * takes one or two seconds to draw for 2,048 × 512. Default "glorot".
   */
  readonly initialization?: keyof typeof INITIALIZATIONS;
}

/** Either the width of one layer or the widths of several. */
export type DenseOptions = DenseLayersOptions &
  (
    | {
        /** Width of the one layer, that of the embedding. */
        readonly outputSize: number;
        /** Not with `outputSize`. */
        readonly outputSizes?: never;
      }
    | {
        /** Width of each layer, the last that of the embedding. */
        readonly outputSizes: readonly number[];
        /** Not with `outputSizes`. */
        readonly outputSize?: never;
      }
  );

type DenseLayer = { readonly kernel: tf.Tensor2D; readonly bias?: tf.Tensor1D };
/** By name: `layer0`, `layer1` … */
type DenseParameters = { readonly [layer: string]: { readonly [name: string]: tf.Tensor } };

/**
 * Linear maps, `x · kernel + bias`, one or several with an activation between them: the head for embeddings of another width than
 * the encoders'. One layer is a learned projection, which is what frozen encoders mostly need.
 */
export class DenseHead extends Head<DenseParameters> {
  /** Name it is saved by. */
  static readonly type = "DenseHead";
  readonly inputSize: number;
  readonly #outputSizes: readonly number[];
  readonly #options: Required<DenseLayersOptions>;

  constructor(inputSize: number, options: DenseOptions) {
    super();
    requireOptions("DenseHead", options, "options such as { outputSize: 128 }");
    const { outputSize, outputSizes, activation = "relu", bias = true, normalize = false } = options;
    const { initialization = "glorot", dropout = 0 } = options;
    const sizes: unknown = outputSizes ?? (outputSize === undefined ? [] : [outputSize]);
    const given: readonly unknown[] = Array.isArray(sizes) ? sizes : [sizes];
    refuse("DenseHead", [
      ...unknownOptions(options, [...SAVED_KEYS.slice(1), "outputSize"]),
      wholeNumber("inputSize", inputSize, 1),
      (outputSize === undefined) === (outputSizes === undefined) || given.length === 0
        ? `expected either outputSize (one layer) or outputSizes (several), got ${show({ outputSize, outputSizes })}`
        : null,
      ...given.map((size, layer) => wholeNumber(`output size of layer ${layer}`, size, 1)),
      oneOf("activation", activation, Object.keys(ACTIVATIONS)),
      flag("bias", bias),
      flag("normalize", normalize),
      oneOf("initialization", initialization, Object.keys(INITIALIZATIONS)),
      share("dropout", dropout),
    ]);
    this.inputSize = inputSize;
    this.#outputSizes = [...(given as readonly number[])];
    this.#options = { activation, bias, normalize, initialization, dropout };
  }

  /**
   * Makes the head again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): DenseHead {
    type Saved = DenseLayersOptions & { readonly inputSize: number; readonly outputSizes: readonly number[] };
    const { inputSize, ...options } = savedOptions<Saved>("DenseHead", config, SAVED_KEYS);
    return new DenseHead(inputSize, options);
  }

  override get config(): JsonObject {
    return { inputSize: this.inputSize, outputSizes: this.#outputSizes, ...this.#options };
  }

  override get outputSize(): number {
    return this.#outputSizes[this.#outputSizes.length - 1] as number;
  }

  override initialize(random: Random): Init {
    const { bias, initialization } = this.#options;
    const widths = [this.inputSize, ...this.#outputSizes];
    const layers = this.#outputSizes.map((size, layer) => {
      const kernel = INITIALIZATIONS[initialization](random.fork(`layer${layer}`), widths[layer] as number, size);
      return { [`layer${layer}`]: bias ? { kernel, bias: constant(size, 0) } : { kernel } };
    });
    return { parameters: Object.assign({}, ...layers) as Init["parameters"] };
  }

  override apply(parameters: DenseParameters, vectors: tf.Tensor2D, mode: Mode): tf.Tensor2D {
    const { activation, normalize, dropout } = this.#options;
    let x = droppedOut(vectors, dropout, mode);
    this.#outputSizes.forEach((_, layer) => {
      const { kernel, bias } = parameters[`layer${layer}`] as unknown as DenseLayer;
      if (layer > 0) x = ACTIVATIONS[activation](x);
      x = linear(x, kernel, bias ?? null);
    });
    return normalize ? unitRows(x) : x;
  }
}
