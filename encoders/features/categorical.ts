import { optionProblems, refuse, savedOptions, wholeNumber } from "../../lib/contracts/options.js";
import type { InputLayout } from "../../lib/contracts/encoder.js";
import type { JsonObject } from "../../lib/json.js";
import type { Random } from "../../lib/random.js";
import { hostTensor, type HostTensors } from "../../lib/tensor/host.js";
import type { HostTree, Tensors, TensorTree } from "../../lib/tensor/tree.js";
import * as tf from "../../lib/tensor/tf.js";
import { wrongValue, type Collated, type Column, type Feature, type Learner, type PlaceOf } from "./feature.js";
import { startTable } from "./table.js";
import { Vocabulary, type VocabularyOptions } from "./vocabulary.js";

/** Options of `categorical`. */
export interface CategoricalOptions extends VocabularyOptions {
  /** Width of the vectors. Default 16. */
  readonly size?: number;
}

/** A value that something may have. */
export type Category = string | number | boolean;

/**
 * One of several values, such as a country or a number of a shop: a trained vector each for the frequent ones, shared vectors for
 * the others, one for a missing value. Values are compared as texts: 1 and "1" are the same.
 */
export function categorical(options: CategoricalOptions = {}): Feature<Category | null> {
  return { type: "categorical", options };
}

export const VOCABULARY_CHECKS = {
  size: (name: string, value: unknown) => wholeNumber(name, value, 1),
  values: (name: string, value: unknown) => wholeNumber(name, value, 0, 2 ** 24),
  minCount: (name: string, value: unknown) => wholeNumber(name, value, 1),
  hashBuckets: (name: string, value: unknown) => wholeNumber(name, value, 1, 2 ** 24),
};

export class CategoricalColumn implements Column {
  readonly type = "categorical";
  readonly numbers = 0;
  readonly vectorSize: number;
  readonly #options: Required<CategoricalOptions>;
  readonly #vocabulary: Vocabulary;

  constructor(given: object) {
    refuse("categorical", optionProblems(given, VOCABULARY_CHECKS));
    const { size = 16, values = 1000, minCount = 2, hashBuckets = 1 } = given as CategoricalOptions;
    this.#options = { size, values, minCount, hashBuckets };
    this.#vocabulary = new Vocabulary(this.#options);
    this.vectorSize = size;
  }

  static from(config: JsonObject): CategoricalColumn {
    const keys = ["size", "values", "minCount", "hashBuckets"] as const;
    return new CategoricalColumn(savedOptions<CategoricalOptions>("categorical", config, keys));
  }

  get options(): JsonObject {
    return { ...this.#options };
  }

  get fitted(): boolean {
    return this.#vocabulary.fitted;
  }

  get weights(): HostTensors {
    return this.#vocabulary.weights;
  }

  restore(weights: HostTensors): void {
    this.#vocabulary.restore(weights);
  }

  learn(): Learner {
    const counter = this.#vocabulary.learn();
    return {
      add: (value, place) => {
        if (value !== null) counter.add(categoryOf(value, place));
      },
      finish: () => counter.finish(),
    };
  }

  collate(values: readonly unknown[], placeOf: PlaceOf): Collated {
    const ids = Int32Array.from(values, (value, row) =>
      value === null ? 0 : this.#vocabulary.rowOf(categoryOf(value, () => placeOf(row))),
    );
    return { numbers: new Float32Array(), inputs: { ids: hostTensor(ids, [values.length]) } };
  }

  inputLayouts(): Readonly<Record<string, InputLayout>> {
    return { ids: { dtype: "int32", shape: ["batch"] } };
  }

  initialize(random: Random): HostTree {
    const { size, doubtful } = this.#vocabulary;
    return { table: startTable(random, size, this.vectorSize, doubtful) };
  }

  apply({ table }: TensorTree, { ids }: Tensors): tf.Tensor2D {
    return tf.gather(table as tf.Tensor2D, ids as tf.Tensor1D);
  }
}

/** @throws DataError for what is neither a text nor a number nor true or false. */
export function categoryOf(value: unknown, place: () => string): string {
  if (typeof value === "string" || typeof value === "boolean") return String(value);
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  throw wrongValue(place(), "a text, a number, true or false", value);
}
