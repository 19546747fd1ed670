import { Head } from "../lib/contracts/head.js";
import type { Init, Mode } from "../lib/contracts/part.js";
import { refuse, requireOptions, savedOptions, share, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import * as tf from "../lib/tensor/tf.js";
import { constant, glorotUniform } from "./initial.js";
import { droppedOut, type HeadOptions } from "./input-dropout.js";

/** Options of `SoftmaxEmbeddingsHead`. */
export interface SoftmaxEmbeddingsOptions extends HeadOptions {
  /** How many choices an embedding is made of. */
  readonly groups: number;
  /** Between how many possibilities each choice is. */
  readonly groupSize: number;
}

type SoftmaxParameters = { readonly kernel: tf.Tensor2D; readonly bias: tf.Tensor1D };

/**
 * An embedding of choices: a linear map to `groups · groupSize` numbers, and a softmax over each group, so that each group adds up
 * to 1. Its entropy says how sure the model is of an item. Compare with the dot product or the cosine.
 */
export class SoftmaxEmbeddingsHead extends Head<SoftmaxParameters> {
  /** Name it is saved by. */
  static readonly type = "SoftmaxEmbeddingsHead";
  readonly inputSize: number;
  readonly #options: Required<SoftmaxEmbeddingsOptions>;

  constructor(inputSize: number, options: SoftmaxEmbeddingsOptions) {
    super();
    requireOptions("SoftmaxEmbeddingsHead", options, "options such as { groups, groupSize }");
    const { groups, groupSize, dropout = 0 } = options;
    refuse("SoftmaxEmbeddingsHead", [
      ...unknownOptions(options, ["groups", "groupSize", "dropout"]),
      wholeNumber("inputSize", inputSize, 1),
      wholeNumber("groups", groups, 1),
      wholeNumber("groupSize", groupSize, 1),
      share("dropout", dropout),
    ]);
    this.inputSize = inputSize;
    this.#options = { groups, groupSize, dropout };
  }

  /**
   * Makes the head again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): SoftmaxEmbeddingsHead {
    const keys = ["inputSize", "groups", "groupSize", "dropout"] as const;
    type Saved = SoftmaxEmbeddingsOptions & { readonly inputSize: number };
    const { inputSize, ...options } = savedOptions<Saved>("SoftmaxEmbeddingsHead", config, keys);
    return new SoftmaxEmbeddingsHead(inputSize, options);
  }

  override get config(): JsonObject {
    return { inputSize: this.inputSize, ...this.#options };
  }

  override get outputSize(): number {
    return this.#options.groups * this.#options.groupSize;
  }

  override initialize(random: Random): Init {
    const kernel = glorotUniform(random.fork("layer0"), this.inputSize, this.outputSize);
    return { parameters: { kernel, bias: constant(this.outputSize, 0) } };
  }

  override apply({ kernel, bias }: SoftmaxParameters, vectors: tf.Tensor2D, mode: Mode): tf.Tensor2D {
    const { groups, groupSize, dropout } = this.#options;
    const rows = vectors.shape[0];
    const mapped = tf.add(tf.matMul(droppedOut(vectors, dropout, mode), kernel), bias);
    const chosen = tf.softmax(tf.reshape(mapped, [rows * groups, groupSize])); // over each group
    return tf.reshape(chosen, [rows, groups * groupSize]);
  }
}
