import { TrainableEncoder, type InputLayout } from "../lib/contracts/encoder.js";
import { savedOptions } from "../lib/contracts/options.js";
import type { Init, Mode, Output } from "../lib/contracts/part.js";
import { DataError } from "../lib/errors.js";
import type { JsonObject } from "../lib/json.js";
import { knownIds } from "../lib/layers/embedding-ids.js";
import { LayersModule, type LayersSource } from "../lib/layers/layers-module.js";
import type { LayersSnapshot } from "../lib/layers/layers-snapshot.js";
import type { Random } from "../lib/random.js";
import { prepareBackend } from "../lib/tensor/backend.js";
import { hostTensor, type HostTensors } from "../lib/tensor/host.js";
import type * as tf from "../lib/tensor/tf.js";
import type { Tensors, TensorTree } from "../lib/tensor/tree.js";
import { writeNumbers, type NumericItem } from "./numeric-items.js";

/**
 * Any tf.layers model, sequential or functional, with one input and one output `[n, size]`: a small network of your own, or one that
 * was loaded with its numbers. An item is one input of the model without the batch dimension: an array of numbers nested as deep as
 * the input has dimensions, or a flat array of all of them. For records use `field("pixels", new LayersEncoder(model))`.
 *
 * Takes the model over: its numbers are where training starts, and its tensors are freed. Given a function that makes the model
 * instead, the first numbers follow the trainer's seed, except where an initializer has a seed of its own (both directions of a
 * bidirectional layer start equal). Layers that are not trainable keep their numbers, batch normalization learns its averages, dropout
 * follows the trainer's seed. Regularizers and constraints of layers are not applied: use the optimizer's weight decay.
 * `freeze(new LayersEncoder(model))` is the same without training.
 *
 * Making a model needs a tfjs backend: a trainer has one ready when it calls `configureEncoders`.
 */
export class LayersEncoder extends TrainableEncoder<NumericItem> {
  /** Name it is saved by. */
  static readonly type = "LayersEncoder";
  readonly #module: LayersModule;
  /** Ids that an embedding layer knows; null without one. */
  readonly #ids: number | null;

  /** @throws ConfigError for a model that cannot be used: several inputs, sizes that are not fixed, layers that are not known. */
  constructor(model: LayersSource | LayersSnapshot) {
    super();
    this.#module = new LayersModule("LayersEncoder", model);
    this.#ids = knownIds(this.#module.snapshot.topology);
  }

  /**
   * Makes the encoder again from its saved configuration and weights.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors): LayersEncoder {
    const keys = ["topology", "inputShape", "integers", "embeddingSize"] as const;
    const saved = savedOptions<Omit<LayersSnapshot, "numbers">>("LayersEncoder", config, keys);
    return new LayersEncoder({ ...saved, numbers: weights });
  }

  override get config(): JsonObject {
    return this.#module.config;
  }

  /** The numbers the model came with. */
  override get weights(): HostTensors {
    return this.#module.snapshot.numbers;
  }

  override get embeddingSize(): number {
    return this.#module.snapshot.embeddingSize;
  }

  /**
   * `items` `[n, ...]`, float32 or int32 as the model's input.
   * @throws DataError naming the position of an item of another shape, with a NaN or an infinity, or with an id that an embedding layer
   * which reads the input does not know.
   */
  override async collate(items: readonly NumericItem[]): Promise<HostTensors> {
    await prepareBackend();
    this.#module.prepare();
    const { inputShape, integers } = this.#module.snapshot;
    const size = inputShape.reduce((product, length) => product * length, 1);
    const data = integers ? new Int32Array(items.length * size) : new Float32Array(items.length * size);
    items.forEach((item, row) => {
      const numbers = data.subarray(row * size, (row + 1) * size);
      writeNumbers(numbers, item, inputShape, `LayersEncoder: item ${row}`);
      if (this.#ids !== null) requireIds(numbers, this.#ids, row);
    });
    return { items: hostTensor(data, [items.length, ...inputShape]) };
  }

  override inputLayouts(): Record<"items", InputLayout> {
    // As in `collate`: the model cannot be made while a program is recorded.
    this.#module.prepare();
    const { inputShape, integers } = this.#module.snapshot;
    return { items: { dtype: integers ? "int32" : "float32", shape: ["batch", ...inputShape] } };
  }

  override initialize(random: Random): Init {
    return this.#module.initialize(random);
  }

  override apply(parameters: TensorTree, inputs: Tensors, mode: Mode): Output {
    return this.#module.apply(parameters, inputs["items"] as tf.Tensor, mode);
  }
}

function requireIds(numbers: ArrayLike<number>, known: number, row: number): void {
  for (let i = 0; i < numbers.length; i += 1) {
    const id = numbers[i] as number;
    if (Number.isInteger(id) && id >= 0 && id < known) continue;
    throw new DataError(
      `LayersEncoder: item ${row}: number ${i} is ${id}, but the embedding layer knows ids from 0 to ${known - 1}; ` +
        (Number.isInteger(id) ? "give it a larger inputDim, or such items an id it knows" : "ids are whole numbers"),
    );
  }
}
