import type { HostTensors } from "../tensor/host.js";
import type * as tf from "../tensor/tf.js";
import type { TensorTree, Tensors } from "../tensor/tree.js";
import type { Random } from "../random.js";
import { Part, type Init, type Mode, type Output } from "./part.js";

/** Turns items into vectors and never learns: its results can be cached. May be slow, asynchronous or native. */
export abstract class FrozenEncoder<in Item> extends Part {
  /** Tells frozen and trainable encoders apart. */
  readonly trainable = false as const;
  /** Width of the vectors. */
  abstract readonly embeddingSize: number;
  /**
   * `[items.length * embeddingSize]`, row after row. A row depends on its item alone, never on its neighbours. A new array each time, to which
   * nothing is written afterwards: caches keep it.
   */
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
  /** Types and shapes of what `collate` gives, for a file that is made without items; null (default): it cannot be exported. */
  inputLayouts(): Readonly<Record<string, InputLayout>> | null {
    return null;
  }
  /** What was collated -> `[items, embeddingSize]`. Pure and traceable. */
  abstract apply(parameters: Parameters, inputs: Tensors, mode: Mode): Output;
}

/** Type and shape of a tensor; a dimension that is a text may have any length, the same wherever the text is the same. */
export interface InputLayout {
  readonly dtype: "float32" | "int32";
  /** The number of items is called "batch": `["batch", 384]`. */
  readonly shape: readonly (number | string)[];
}

/** A frozen encoder whose vectors an ONNX graph computes, so that it and a head can become one file. */
export interface OnnxSource {
  /** The graph and what is done with its results. */
  onnxGraph(): Promise<OnnxSourceGraph>;
}

/** See `OnnxSource`. */
export interface OnnxSourceGraph {
  /** An ONNX file with all its numbers inside, of opset 13 to 17. */
  readonly bytes: Uint8Array;
  /** Inputs and outputs of the graph that `vectors` reads; other types of whole numbers, such as int64, are cast to these. */
  readonly reads: Readonly<Record<string, InputLayout>>;
  /** What `reads` names -> `[batch, embeddingSize]`: pooling, normalizing, or the output as it is. Pure and traceable. */
  vectors(values: Tensors): tf.Tensor2D;
}

/** Whether an ONNX graph computes the vectors of an encoder. */
export function isOnnxSource<Item>(encoder: Encoder<Item>): encoder is Encoder<Item> & OnnxSource {
  return typeof (encoder as Partial<OnnxSource>).onnxGraph === "function";
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

/** An encoder that sends items different ways; a head can follow the same ways by `Mode.routes`. */
export interface Routing<in Item> {
  /** Names of the ways, sorted. */
  readonly routes: readonly string[];
  /** Position in `routes` of each item's way. */
  routesOf(items: readonly Item[]): Int32Array;
}

/** Whether an encoder sends items different ways. */
export function isRouting<Item>(encoder: Encoder<Item>): encoder is Encoder<Item> & Routing<Item> {
  return "routesOf" in encoder && "routes" in encoder;
}
