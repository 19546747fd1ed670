import { TrainableEncoder, type InputLayout } from "../lib/contracts/encoder.js";
import { refuse, savedOptions } from "../lib/contracts/options.js";
import type { Init, Mode, Output } from "../lib/contracts/part.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import { prepareBackend } from "../lib/tensor/backend.js";
import { hostTensor, type HostTensor, type HostTensors } from "../lib/tensor/host.js";
import * as tf from "../lib/tensor/tf.js";
import { flatten, under, unflatten, type Tensors, type TensorTree } from "../lib/tensor/tree.js";
import { LayersNetwork } from "../lib/layers/layers-network.js";
import { takeSnapshot, type LayersSnapshot } from "../lib/layers/layers-snapshot.js";
import { makeModel } from "../lib/layers/layers-topology.js";
import { writeNumbers, type NumericItem } from "./numeric-items.js";

/**
 * Any tf.layers model, sequential or functional, with one input and one output `[n, size]`: a small network of your own, or one that
 * was loaded with its numbers. An item is one input of the model without the batch dimension: an array of numbers nested as deep as
 * the input has dimensions, or a flat array of all of them. For records use `field("pixels", new LayersEncoder(model))`.
 *
 * Takes the model over: its numbers are where training starts, and its tensors are freed. Layers that are not trainable keep their
 * numbers, batch normalization learns its averages, dropout follows the trainer's seed. Regularizers and constraints of layers are
 * not applied: use the optimizer's weight decay. `freeze(new LayersEncoder(model))` is the same without training.
 *
 * A model's first numbers are drawn by tfjs before the encoder sees them; give its initializers a seed to repeat a run. Making a model
 * needs a tfjs backend: a trainer has one ready when it calls `configureEncoders`.
 */
export class LayersEncoder extends TrainableEncoder<NumericItem> {
  /** Name it is saved by. */
  static readonly type = "LayersEncoder";
  readonly #snapshot: LayersSnapshot;
  /** Made when it is first needed, for it needs a backend. */
  #network: LayersNetwork | null = null;

  /** @throws ConfigError for a model that cannot be used: several inputs, sizes that are not fixed, layers that are not known. */
  constructor(model: tf.layers.LayersModel | LayersSnapshot) {
    super();
    this.#snapshot = model instanceof tf.layers.LayersModel ? takeSnapshot(model, "LayersEncoder") : model;
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
    const { topology, inputShape, integers, embeddingSize } = this.#snapshot;
    return { topology, inputShape, integers, embeddingSize };
  }

  /** The numbers training starts with. */
  override get weights(): HostTensors {
    return this.#snapshot.numbers;
  }

  override get embeddingSize(): number {
    return this.#snapshot.embeddingSize;
  }

  /**
   * `items` `[n, ...]`, float32 or int32 as the model's input.
   * @throws DataError naming the position of an item of another shape, or with a NaN or an infinity.
   */
  override async collate(items: readonly NumericItem[]): Promise<HostTensors> {
    await prepareBackend();
    this.#network ??= this.#makeNetwork();
    const { inputShape, integers } = this.#snapshot;
    const size = inputShape.reduce((product, length) => product * length, 1);
    const data = integers ? new Int32Array(items.length * size) : new Float32Array(items.length * size);
    items.forEach((item, row) => {
      writeNumbers(data.subarray(row * size, (row + 1) * size), item, inputShape, `LayersEncoder: item ${row}`);
    });
    return { items: hostTensor(data, [items.length, ...inputShape]) };
  }

  override inputLayouts(): Record<"items", InputLayout> {
    // As in `collate`: the model cannot be made while a program is recorded.
    this.#network ??= this.#makeNetwork();
    const { inputShape, integers } = this.#snapshot;
    return { items: { dtype: integers ? "int32" : "float32", shape: ["batch", ...inputShape] } };
  }

  /** The model's own numbers, whatever the seed. */
  override initialize(_random: Random): Init {
    const parameters = unflatten<HostTensor>(under(this.weights, "parameters"));
    return { parameters, state: unflatten<HostTensor>(under(this.weights, "state")) };
  }

  override apply(parameters: TensorTree, inputs: Tensors, mode: Mode): Output {
    const items = inputs["items"] as tf.Tensor;
    if (items.shape[0] === 0) return tf.zeros([0, this.embeddingSize]);
    const network = (this.#network ??= this.#makeNetwork());
    const state = flatten<tf.Tensor>(mode.state);
    const values = { ...flatten<tf.Tensor>(parameters), ...state };
    const { output, written } = network.run(values, items, mode.training, mode.noise);
    const value = output as tf.Tensor2D;
    return Object.keys(written).length === 0 ? value : { value, state: unflatten({ ...state, ...written }) };
  }

  #makeNetwork(): LayersNetwork {
    const { topology, numbers } = this.#snapshot;
    const network = new LayersNetwork(makeModel(topology, "LayersEncoder"));
    const given = new Set(Object.keys(numbers).map((name) => name.slice(name.indexOf("/") + 1)));
    refuse("LayersEncoder", [
      ...network.names.filter((name) => !given.has(name)).map((name) => `weights: ${name} is missing`),
      ...[...given].filter((name) => !network.names.includes(name)).map((name) => `weights: ${name} is not known`),
    ]);
    return network;
  }
}
