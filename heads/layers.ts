import { Head } from "../lib/contracts/head.js";
import { refuse, savedOptions, share, unknownOptions } from "../lib/contracts/options.js";
import type { Init, Mode, Output } from "../lib/contracts/part.js";
import type { JsonObject } from "../lib/json.js";
import { LayersModule, type LayersSource } from "../lib/layers/layers-module.js";
import type { LayersSnapshot } from "../lib/layers/layers-snapshot.js";
import type { LayersTopology } from "../lib/layers/layers-topology.js";
import type { Random } from "../lib/random.js";
import type { HostTensors } from "../lib/tensor/host.js";
import type * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import { droppedOut, type HeadOptions } from "./input-dropout.js";

interface SavedLayers extends HeadOptions {
  readonly topology: LayersTopology;
  readonly inputSize: number;
  readonly outputSize: number;
}

/**
 * Any tf.layers model from vectors to vectors, sequential or functional:
 *
 * ```ts
 * new LayersHead(() => tf.layers.sequential({ layers: [
 *   tf.layers.layers.dense({ units: 256, inputShape: [inputSize], activation: "relu" }),
 *   tf.layers.layers.batchNormalization(),
 *   tf.layers.layers.dense({ units: 64 }),
 * ] }))
 * ```
 *
 * Given a function, first numbers follow the trainer's seed, except where an initializer has a seed of its own; given a model, its
 * numbers are where training starts, and its tensors are freed. Layers that are not trainable keep their numbers, batch normalization
 * learns its averages, dropout follows the trainer's seed. Regularizers and constraints of layers are not applied: use the optimizer's
 * weight decay.
 */
export class LayersHead extends Head {
  /** Name it is saved by. */
  static readonly type = "LayersHead";
  readonly #module: LayersModule;
  readonly #dropout: number;

  /** @throws ConfigError for a model that does not turn float32 vectors of a fixed size into vectors, or has layers that are not known. */
  constructor(model: LayersSource | LayersSnapshot, options: HeadOptions = {}) {
    super();
    const { dropout = 0 } = options;
    refuse("LayersHead", [...unknownOptions(options, ["dropout"]), share("dropout", dropout)]);
    this.#module = new LayersModule("LayersHead", model);
    this.#dropout = dropout;
    const { inputShape, integers } = this.#module.snapshot;
    refuse("LayersHead", [
      inputShape.length === 1 && !integers
        ? null
        : `model: expected a float32 input [n, size], got ${integers ? "int32" : "float32"} [n, ${inputShape.join(", ")}]`,
    ]);
  }

  /**
   * Makes the head again from its saved configuration and weights.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors): LayersHead {
    const keys = ["topology", "inputSize", "outputSize", "dropout"] as const;
    const { topology, inputSize, outputSize, dropout = 0 } = savedOptions<SavedLayers>("LayersHead", config, keys);
    const sizes = { inputShape: [inputSize], integers: false, embeddingSize: outputSize };
    return new LayersHead({ topology, ...sizes, numbers: weights }, { dropout });
  }

  override get config(): JsonObject {
    const { topology } = this.#module.snapshot;
    return { topology, inputSize: this.inputSize, outputSize: this.outputSize, dropout: this.#dropout };
  }

  /** The numbers the model came with. */
  override get weights(): HostTensors {
    return this.#module.snapshot.numbers;
  }

  override get inputSize(): number {
    return this.#module.snapshot.inputShape[0] as number;
  }

  override get outputSize(): number {
    return this.#module.snapshot.embeddingSize;
  }

  override prepare(): void {
    this.#module.prepare();
  }

  override initialize(random: Random): Init {
    return this.#module.initialize(random);
  }

  override apply(parameters: TensorTree, vectors: tf.Tensor2D, mode: Mode): Output {
    return this.#module.apply(parameters, droppedOut(vectors, this.#dropout, mode), mode);
  }
}
