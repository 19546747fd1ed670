import { refuse } from "../contracts/options.js";
import type { Init, Mode, Output } from "../contracts/part.js";
import type { JsonObject } from "../json.js";
import type { Random } from "../random.js";
import type { HostTensor, HostTensors } from "../tensor/host.js";
import * as tf from "../tensor/tf.js";
import { flatten, under, unflatten, type TensorTree } from "../tensor/tree.js";
import { LayersNetwork } from "./layers-network.js";
import { drawNumbers, takeSnapshot, type LayersSnapshot } from "./layers-snapshot.js";
import { makeModel } from "./layers-topology.js";

/** A tf.layers model, whose numbers are kept, or a function that makes one, whose first numbers the run's seed then decides. */
export type LayersSource = tf.layers.LayersModel | (() => tf.layers.LayersModel);

/** A tf.layers model as what a part of a similarity model does: numbers to start from, and a pure function of numbers and inputs. */
export class LayersModule {
  readonly #who: string;
  readonly #redrawn: boolean;
  readonly snapshot: LayersSnapshot;
  /** Made when it is first needed, for it needs a backend. */
  #network: LayersNetwork | null = null;

  /** @throws ConfigError for a model that cannot be used: several inputs, sizes that are not fixed, layers that are not known. */
  constructor(who: string, source: LayersSource | LayersSnapshot) {
    this.#who = who;
    this.#redrawn = typeof source === "function";
    const given: unknown = typeof source === "function" ? source() : source;
    if (given instanceof tf.layers.LayersModel) this.snapshot = takeSnapshot(given, who);
    else if (isSnapshot(given)) this.snapshot = given;
    else {
      refuse(who, ["model: expected a tf.layers model, or a function that makes one"]);
      throw new TypeError(who); // never: refused above
    }
  }

  /** Topology and sizes, without the numbers. */
  get config(): JsonObject & Omit<LayersSnapshot, "numbers"> {
    const { topology, inputShape, integers, embeddingSize } = this.snapshot;
    return { topology, inputShape, integers, embeddingSize };
  }

  /** The model's own numbers, or those of a function's model drawn from `random`. Needs a backend for the latter. */
  initialize(random: Random): Init {
    const numbers = this.#redrawn ? drawNumbers(this.snapshot, random, this.#who) : this.snapshot.numbers;
    const parameters = unflatten<HostTensor>(under(numbers, "parameters"));
    return { parameters, state: unflatten<HostTensor>(under(numbers, "state")) };
  }

  /** Makes the model, which cannot be done while a program is recorded. Needs a backend. */
  prepare(): void {
    this.#network ??= makeNetwork(this.snapshot, this.#who);
  }

  /** `[n, …] -> [n, size]`. */
  apply(parameters: TensorTree, inputs: tf.Tensor, mode: Mode): Output {
    if (inputs.shape[0] === 0) return tf.zeros([0, this.snapshot.embeddingSize]);
    const network = (this.#network ??= makeNetwork(this.snapshot, this.#who));
    const state = flatten<tf.Tensor>(mode.state);
    const values = { ...flatten<tf.Tensor>(parameters), ...state };
    const { output, written } = network.run(values, inputs, mode.training, mode.noise);
    const value = output as tf.Tensor2D;
    return Object.keys(written).length === 0 ? value : { value, state: unflatten({ ...state, ...written }) };
  }
}

function makeNetwork(
  { topology, numbers }: { topology: LayersSnapshot["topology"]; numbers: HostTensors },
  who: string,
) {
  const network = new LayersNetwork(makeModel(topology, who));
  const given = new Set(Object.keys(numbers).map((name) => name.slice(name.indexOf("/") + 1)));
  refuse(who, [
    ...network.names.filter((name) => !given.has(name)).map((name) => `weights: ${name} is missing`),
    ...[...given].filter((name) => !network.names.includes(name)).map((name) => `weights: ${name} is not known`),
  ]);
  return network;
}

function isSnapshot(value: unknown): value is LayersSnapshot {
  return typeof value === "object" && value !== null && "topology" in value && "numbers" in value;
}
