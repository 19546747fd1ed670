import { Head, type FittableHead, type TrainVectors } from "../lib/contracts/head.js";
import { atLeast, refuse, savedOptions, share, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import type { Init, Mode } from "../lib/contracts/part.js";
import { UsageError } from "../lib/errors.js";
import type { JsonObject } from "../lib/json.js";
import { symmetricEigen } from "../lib/statistics/symmetric-eigen.js";
import { hostTensor, type HostTensors } from "../lib/tensor/host.js";
import * as tf from "../lib/tensor/tf.js";
import { measureCovariance, type Covariance } from "./covariance.js";
import { droppedOut, type HeadOptions } from "./input-dropout.js";

/** Options of `WhiteningHead`. */
export interface WhiteningOptions extends HeadOptions {
  /** How many directions are kept, those of the largest variance. Default all: `inputSize`. */
  readonly outputSize?: number;
  /** Added to each variance, in mean variances, so that directions with hardly any are not blown up. Default 0.01. */
  readonly epsilon?: number;
}

/**
 * Turns vectors so that their numbers no longer go together, and gives each the same variance: `(x - mean) · V / √(λ + ε · λ̄)`, with the
 * eigenvectors V and eigenvalues λ of the covariance of the train vectors. Learned once, before the first step, and not trained: put it
 * first in a `SequentialHead`, before what is trained. Not for vectors of encoders that are trained, which change afterwards.
 *
 * Su, Cao, Liu, Ou, "Whitening Sentence Representations for Better Semantics and Faster Retrieval", 2021.
 */
export class WhiteningHead extends Head implements FittableHead {
  /** Name it is saved by. */
  static readonly type = "WhiteningHead";
  readonly inputSize: number;
  readonly outputSize: number;
  readonly #epsilon: number;
  readonly #dropout: number;
  #learned: HostTensors | null = null;

  constructor(inputSize: number, options: WhiteningOptions = {}) {
    super();
    const { outputSize = inputSize, epsilon = 0.01, dropout = 0 } = options;
    refuse("WhiteningHead", [
      ...unknownOptions(options, ["outputSize", "epsilon", "dropout"]),
      wholeNumber("inputSize", inputSize, 1),
      wholeNumber("outputSize", outputSize, 1, Math.max(1, inputSize)),
      atLeast("epsilon", epsilon, 0),
      share("dropout", dropout),
    ]);
    this.inputSize = inputSize;
    this.outputSize = outputSize;
    this.#epsilon = epsilon;
    this.#dropout = dropout;
  }

  /**
   * Makes the head again from its saved configuration and weights.
   * @throws ConfigError when a key is missing or unknown, or the weights are of another shape.
   */
  static from(config: JsonObject, weights: HostTensors): WhiteningHead {
    type Saved = Required<WhiteningOptions> & { readonly inputSize: number };
    const keys = ["inputSize", "outputSize", "epsilon", "dropout"] as const;
    const { inputSize, ...options } = savedOptions<Saved>("WhiteningHead", config, keys);
    const head = new WhiteningHead(inputSize, options);
    const { mean, matrix } = weights;
    if (mean === undefined && matrix === undefined) return head;
    const shapes = `${mean?.shape.join() ?? "none"} ${matrix?.shape.join() ?? "none"}`;
    refuse("WhiteningHead", [
      shapes === `${inputSize} ${inputSize},${head.outputSize}` ? null : `weights: mean and matrix are ${shapes}`,
    ]);
    head.#learned = { mean, matrix } as HostTensors;
    return head;
  }

  override get config(): JsonObject {
    const { inputSize, outputSize } = this;
    return { inputSize, outputSize, epsilon: this.#epsilon, dropout: this.#dropout };
  }

  /** `mean` `[inputSize]` and `matrix` `[inputSize, outputSize]`, once they are learned. */
  override get weights(): HostTensors {
    return this.#learned ?? {};
  }

  get fitted(): boolean {
    return this.#learned !== null;
  }

  /** @throws DataError for fewer than two vectors. */
  async fit(vectors: TrainVectors): Promise<void> {
    this.#learned = this.#whiten(await measureCovariance(vectors(), this.inputSize, "WhiteningHead"));
  }

  override initialize(): Init {
    const { inputSize, outputSize } = this;
    const mean = hostTensor(new Float32Array(inputSize), [inputSize]);
    const matrix = hostTensor(new Float32Array(inputSize * outputSize), [inputSize, outputSize]);
    return { parameters: {}, state: { mean, matrix, ...this.#learned } };
  }

  /** @throws UsageError when it has not learned anything yet. */
  override apply(_parameters: object, vectors: tf.Tensor2D, mode: Mode): tf.Tensor2D {
    if (!this.fitted) {
      throw new UsageError(
        "WhiteningHead has not seen any vectors; a Trainer shows it those of the train items, or call fit",
      );
    }
    const { mean, matrix } = mode.state as { readonly mean: tf.Tensor1D; readonly matrix: tf.Tensor2D };
    return tf.matMul(tf.sub(droppedOut(vectors, this.#dropout, mode), mean), matrix);
  }

  #whiten({ mean, covariance }: Covariance): HostTensors {
    const { inputSize, outputSize } = this;
    const { values, vectors } = symmetricEigen(covariance, inputSize);
    const added = (this.#epsilon * values.reduce((sum, value) => sum + Math.max(0, value), 0)) / inputSize;
    const matrix = new Float32Array(inputSize * outputSize);
    for (let column = 0; column < outputSize; column += 1) {
      const variance = Math.max(0, values[column]!) + added;
      // Without any variance there is nothing to scale.
      const scale = variance > 0 ? 1 / Math.sqrt(variance) : 0;
      for (let row = 0; row < inputSize; row += 1)
        matrix[row * outputSize + column] = scale * vectors[column * inputSize + row]!;
    }
    return {
      mean: hostTensor(Float32Array.from(mean), [inputSize]),
      matrix: hostTensor(matrix, [inputSize, outputSize]),
    };
  }
}
