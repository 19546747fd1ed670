import { dropout } from "../tensor/dropout.js";
import * as tf from "../tensor/tf.js";
import type { Tensors } from "../tensor/tree.js";
import type { Noise } from "../contracts/part.js";

/** A number of a layer, of which tfjs keeps the value private. */
type Slot = { val: tf.Tensor; write: (value: tf.Tensor) => unknown };
type Layer = tf.layers.LayersModel["layers"][number];
type Call = (inputs: tf.Tensor | tf.Tensor[], settings: { readonly training?: boolean }) => tf.Tensor | tf.Tensor[];

/** What a run gives: the output, and what layers changed on the way (batch-normalization averages). */
export interface NetworkRun {
  readonly output: tf.Tensor;
  readonly written: Record<string, tf.Tensor>;
}

/**
 * A tf.layers model as a pure function. Its numbers are arguments: for the time of a call they stand in the place of the model's own,
 * so that gradients reach them. What layers would write into their numbers is handed back, and dropout draws from given noise. The
 * model belongs to the network and holds no tensors between calls.
 */
export class LayersNetwork {
  readonly #model: tf.layers.LayersModel;
  readonly #slots: ReadonlyMap<string, Slot>;
  #noise: Noise | null = null;

  constructor(model: tf.layers.LayersModel) {
    this.#model = model;
    this.#slots = new Map(namedVariables(model).map(([name, variable]) => [name, variable as unknown as Slot]));
    for (const slot of this.#slots.values()) slot.val.dispose();
    for (const layer of layersOf(model)) {
      const kind = layer.getClassName();
      if (kind === "Dropout" || kind === "SpatialDropout1D") this.#redirectNoise(layer);
    }
  }

  /** Names of all numbers, trained or not. */
  get names(): readonly string[] {
    return [...this.#slots.keys()];
  }

  /** Call it inside `tf.tidy`. Every name must be among `values`. */
  run(values: Tensors, input: tf.Tensor, training: boolean, noise: Noise): NetworkRun {
    const kept = new Map<string, tf.Tensor>();
    const empty = new Map<Slot, tf.Tensor>();
    this.#noise = noise;
    try {
      for (const [name, slot] of this.#slots) {
        empty.set(slot, slot.val);
        slot.val = values[name] as tf.Tensor;
        slot.write = (value) => {
          kept.get(name)?.dispose();
          // Kept, because layers write inside a tidy of their own.
          slot.val = tf.keep(tf.clone(value));
          kept.set(name, slot.val);
        };
      }
      const output = this.#model.apply(input, { training }) as tf.Tensor;
      const written = Object.fromEntries([...kept].map(([name, value]) => [name, tf.clone(value)]));
      return { output, written };
    } finally {
      this.#noise = null;
      for (const value of kept.values()) value.dispose();
      for (const [slot, value] of empty) {
        slot.val = value;
        delete (slot as Partial<Slot>).write;
      }
    }
  }

  #redirectNoise(layer: Layer): void {
    const dropping = layer as unknown as { rate: number; call: Call; getNoiseShape(x: tf.Tensor): number[] | null };
    const { rate } = dropping;
    dropping.call = (inputs, { training = false }) => {
      const x = Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs;
      if (!training || rate <= 0 || rate >= 1 || this.#noise === null) return x;
      const shape = dropping.getNoiseShape(x) ?? x.shape;
      return dropout(x, rate, this.#noise.uniform(shape));
    };
  }
}

/**
 * Every number of a model with a name such as "dense_1/kernel", in an order that the topology alone decides. Makes every layer
 * trainable, for the order depends on that.
 */
export function namedVariables(model: tf.layers.LayersModel): [name: string, variable: tf.layers.LayerVariable][] {
  for (const layer of [model, ...layersOf(model)]) layer.trainable = true;
  const taken = new Set<string>();
  return model.weights.map((variable) => {
    const stem = variable.originalName;
    let name = stem;
    for (let count = 2; taken.has(name); count += 1) name = `${stem}_${count}`;
    taken.add(name);
    return [name, variable];
  });
}

/** Every layer, those of models within the model too. */
function layersOf(model: tf.layers.LayersModel): Layer[] {
  return model.layers.flatMap((layer) => [
    layer,
    ...("layers" in layer ? layersOf(layer as tf.layers.LayersModel) : []),
  ]);
}
