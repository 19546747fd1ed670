import type { InputLayout } from "../../lib/contracts/encoder.js";
import type { JsonObject } from "../../lib/json.js";
import type { Random } from "../../lib/random.js";
import type { HostTensors } from "../../lib/tensor/host.js";
import type { HostTree, Tensors, TensorTree } from "../../lib/tensor/tree.js";
import type * as tf from "../../lib/tensor/tf.js";
import { NgramEmbedding, type NgramEmbeddingOptions } from "../ngram-embedding.js";
import { wrongValue, type Collated, type Column, type Feature, type Learner, type PlaceOf } from "./feature.js";

/** A text as words and parts of words with trained vectors, as by `NgramEmbedding`. Defaults: `size` 32, `buckets` 4096. */
export function text(options: NgramEmbeddingOptions = {}): Feature<string | null> {
  return { type: "text", options };
}

export class TextColumn implements Column {
  readonly type = "text";
  readonly numbers = 0;
  readonly #encoder: NgramEmbedding;

  constructor(given: object) {
    this.#encoder = new NgramEmbedding({ size: 32, buckets: 4096, ...given });
  }

  static from(config: JsonObject): TextColumn {
    return new TextColumn(NgramEmbedding.from(config, {}).config);
  }

  get options(): JsonObject {
    return this.#encoder.config;
  }

  get vectorSize(): number {
    return this.#encoder.embeddingSize;
  }

  get fitted(): boolean {
    return this.#encoder.fitted;
  }

  get weights(): HostTensors {
    return this.#encoder.weights;
  }

  restore(weights: HostTensors): void {
    this.#encoder.restore(weights);
  }

  learn(): Learner {
    const counter = this.#encoder.learn();
    return { add: (value, place) => counter.add(textOf(value, place)), finish: () => counter.finish() };
  }

  collate(values: readonly unknown[], placeOf: PlaceOf): Collated {
    const texts = values.map((value, row) => textOf(value, () => placeOf(row)));
    return { numbers: new Float32Array(), inputs: this.#encoder.collate(texts) };
  }

  inputLayouts(width: string): Readonly<Record<string, InputLayout>> {
    const { ids, weights } = this.#encoder.inputLayouts();
    const shape = ["batch", width];
    return { ids: { ...ids, shape }, weights: { ...weights, shape } };
  }

  initialize(random: Random): HostTree {
    return this.#encoder.initialize(random).parameters;
  }

  apply(parameters: TensorTree, inputs: Tensors): tf.Tensor2D {
    return this.#encoder.apply(parameters as { readonly table: tf.Tensor2D }, inputs);
  }
}

/** A missing text is an empty one: the vector 0. */
function textOf(value: unknown, place: () => string): string {
  if (value === null) return "";
  if (typeof value === "string") return value;
  throw wrongValue(place(), "a text", value);
}
