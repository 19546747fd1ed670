import { TrainableEncoder, type Encoder, type InputLayout, type Routing } from "../lib/contracts/encoder.js";
import type { Init, Mode, Output, PartFinder } from "../lib/contracts/part.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import { hostTensor, type HostTensor, type HostTensors } from "../lib/tensor/host.js";
import * as tf from "../lib/tensor/tf.js";
import { prefixed, under, type HostTree, type Tensors, type TensorTree } from "../lib/tensor/tree.js";
import { forwardFittingByWay } from "./fit-by-way.js";
import type { MaybeFittable } from "./forward-fitting.js";
import {
  checkedOptions,
  embedOwn,
  fieldOf,
  loadedSwitch,
  positionsOf,
  savedSwitch,
  switchWeights,
  wayOf,
  waysOf,
  type NamedEncoders,
} from "./switch-options.js";

/**
 * Sends each item to one of several encoders of one size, of which some or all are trained: by the name that stands in a field of the
 * item, or as a subclass's `routeOf` says. `new TrainableSwitchEncoder("kind", { text: field("body", words), image: field("pixels", pixels) })`.
 * `SwitchHead` has a head for each way.
 *
 * A trained encoder runs on as many rows as the batch has, so that a step has one shape: rows of other ways are filled with items of its
 * own, and what comes out for them is not used (batch statistics count them). One without an item in the batch does not run, and keeps
 * its numbers but for what the optimizer's momentum does. Vectors of frozen encoders are computed anew each time; a cache keeps those of
 * `SwitchEncoder`.
 *
 * A subclass needs a `static readonly type` of its own; it is passed as one of `parts` when the model is loaded.
 */
export class TrainableSwitchEncoder<Item extends object>
  extends TrainableEncoder<Item>
  implements Routing<Item>, MaybeFittable<Item>
{
  /** Name it is saved by. */
  static readonly type: string = "TrainableSwitchEncoder";
  readonly embeddingSize: number;
  /** Names of the encoders, sorted. */
  readonly routes: readonly string[];
  /** Whether all encoders that need it are fitted; absent when none does. */
  declare readonly fitted?: boolean;
  /** Fits the encoders, each to the items sent to it; absent when none needs it. */
  declare readonly fit?: (items: AsyncIterable<Item>) => Promise<void>;
  readonly #field: string;
  readonly #named: NamedEncoders<Item>;

  /** @throws ConfigError for encoders of different sizes. */
  constructor(field: string, encoders: Readonly<Record<string, Encoder<Item>>>) {
    super();
    this.#named = checkedOptions("TrainableSwitchEncoder", field, encoders, true);
    this.#field = field;
    this.routes = this.#named.map(([name]) => name);
    this.embeddingSize = (this.#named[0] as NamedEncoders<Item>[number])[1].embeddingSize;
    forwardFittingByWay<Item>(
      this,
      this.#named.map(([, encoder]) => encoder),
      (item, position) => wayOf(item, position, this.routes, (each) => this.routeOf(each)),
    );
  }

  /**
   * Makes the encoder again from its saved configuration and weights.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject, weights: HostTensors, parts: PartFinder): TrainableSwitchEncoder<object> {
    const { field, encoders } = loadedSwitch("TrainableSwitchEncoder", config, weights, parts);
    return new this(field, encoders);
  }

  override get config(): JsonObject {
    return savedSwitch(this.#field, this.#named);
  }

  override get weights(): HostTensors {
    return switchWeights(this.#named);
  }

  /** Name of the encoder for an item. Default: what its field says. */
  protected routeOf(item: Item): string {
    return fieldOf(item, this.#field);
  }

  /** @throws DataError naming the position of an item whose way is not known, with what it holds. */
  routesOf(items: readonly Item[]): Int32Array {
    return waysOf(items, this.routes, (item) => this.routeOf(item));
  }

  /** `routes` `[n]`, and for each encoder that has an item in the batch what it reads, or its `vectors` when it is frozen. */
  override async collate(items: readonly Item[]): Promise<HostTensors> {
    const ways = this.routesOf(items);
    const inputs: Record<string, HostTensor> = { routes: hostTensor(ways, [items.length]) };
    for (const [way, [name, encoder]] of this.#named.entries()) {
      const own = positionsOf(ways, way);
      if (own.length === 0) continue;
      if (encoder.trainable) {
        const filled = items.map((item, i) =>
          ways[i] === way ? item : (items[own[i % own.length] as number] as Item),
        );
        Object.assign(inputs, prefixed(name, await encoder.collate(filled)));
      } else {
        const vectors = new Float32Array(items.length * encoder.embeddingSize);
        await embedOwn([name, encoder], items, own, vectors);
        inputs[`${name}/vectors`] = hostTensor(vectors, [items.length, encoder.embeddingSize]);
      }
    }
    return inputs;
  }

  override inputLayouts(): Readonly<Record<string, InputLayout>> | null {
    const all: Record<string, InputLayout> = { routes: { dtype: "int32", shape: ["batch"] } };
    for (const [name, encoder] of this.#named) {
      const vectors = { vectors: { dtype: "float32", shape: ["batch", encoder.embeddingSize] } } as const;
      const layouts = encoder.trainable ? encoder.inputLayouts() : vectors;
      if (layouts === null) return null;
      for (const [key, { dtype, shape }] of Object.entries(layouts)) {
        // Lengths of different encoders have nothing to do with each other.
        const own = shape.map((size) => (typeof size === "string" && size !== "batch" ? `${name}_${size}` : size));
        all[`${name}/${key}`] = { dtype, shape: own };
      }
    }
    return all;
  }

  override initialize(random: Random): Init {
    const parameters: Record<string, HostTree> = {};
    const state: Record<string, HostTree> = {};
    for (const [name, encoder] of this.#named) {
      if (!encoder.trainable) continue;
      const init = encoder.initialize(random.fork(name));
      if (Object.keys(init.parameters).length > 0) parameters[name] = init.parameters;
      if (init.state !== undefined && Object.keys(init.state).length > 0) state[name] = init.state;
    }
    return { parameters, state };
  }

  override apply(parameters: TensorTree, inputs: Tensors, mode: Mode): Output {
    const routes = inputs["routes"] as tf.Tensor1D;
    const rows = routes.shape[0];
    const ways = tf.expandDims(routes, 1); // [n, 1]
    const changed: Record<string, TensorTree> = {};
    let value: tf.Tensor2D | null = null;
    for (const [way, [name, encoder]] of this.#named.entries()) {
      const own = under(inputs, name);
      if (Object.keys(own).length === 0) continue;
      const given = runOne(encoder, name, parameters, own, mode, changed);
      const chosen = tf.tile(tf.equal(ways, tf.scalar(way, "int32")), [1, this.embeddingSize]);
      value = value === null ? given : tf.where(chosen, given, value);
    }
    value ??= tf.zeros([rows, this.embeddingSize]);
    return Object.keys(changed).length === 0 ? value : { value, state: changed };
  }
}

/** What an encoder gives for all rows; its new state is put into `changed` under its name. */
function runOne<Item>(
  encoder: Encoder<Item>,
  name: string,
  parameters: TensorTree,
  inputs: Tensors,
  mode: Mode,
  changed: Record<string, TensorTree>,
): tf.Tensor2D {
  if (!encoder.trainable) return inputs["vectors"] as tf.Tensor2D;
  const own = (tree: TensorTree): TensorTree => (tree[name] ?? {}) as TensorTree;
  const output = encoder.apply(own(parameters), inputs, { ...mode, state: own(mode.state) });
  if (output instanceof tf.Tensor) return output;
  changed[name] = output.state;
  return output.value;
}
