import type { HostTensors } from "../tensor/host.js";
import type { TensorTree, Tensors } from "../tensor/tree.js";
import type { Random } from "../random.js";
import { Part, type Init, type Mode, type Output } from "./part.js";

/** Turns items into vectors and never learns: its results can be cached. May be slow, asynchronous or native. */
export abstract class FrozenEncoder<in Item> extends Part {
  /** Tells frozen and trainable encoders apart. */
  readonly trainable = false as const;
  /** Width of the vectors. */
  abstract readonly embeddingSize: number;
  /** `[items.length * embeddingSize]`, row after row. A row depends on its item alone, never on its neighbours. */
  abstract embed(items: readonly Item[]): Promise<Float32Array>;
  /** Changes when anything that changes the output changes; part of every cache key. */
  abstract fingerprint(): string;
}

/** Turns items into vectors with parameters that are trained. */
export abstract class TrainableEncoder<in Item, Parameters extends TensorTree = TensorTree> extends Part {
  /** Tells frozen and trainable encoders apart. */
  readonly trainable = true as const;
  /** Width of the vectors. */
  abstract readonly embeddingSize: number;
  /** Items as numbers, at most one tensor a name; the first dimension need not be the number of items. */
  abstract collate(items: readonly Item[]): HostTensors | Promise<HostTensors>;
  /** Numbers that training starts from. */
  abstract initialize(random: Random): Init;
  /** What was collated -> `[items, embeddingSize]`. Pure and traceable. */
  abstract apply(parameters: Parameters, inputs: Tensors, mode: Mode): Output;
}

/** Either sort of encoder; `trainable` tells them apart. */
export type Encoder<Item> = FrozenEncoder<Item> | TrainableEncoder<Item>;

/** An encoder that learns statistics (such as document frequencies) from the train items before training. */
export interface Fittable<in Item> {
  /** Whether it has learned them, or needs none. */
  readonly fitted: boolean;
  /** Called once with every train item before anything else; afterwards `fitted` is true. */
  fit(items: AsyncIterable<Item>): Promise<void>;
}

/** Whether an encoder wants to see the train items before training. */
export function isFittable<Item>(encoder: Encoder<Item>): encoder is Encoder<Item> & Fittable<Item> {
  return "fit" in encoder && "fitted" in encoder;
}
