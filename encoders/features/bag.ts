import { oneOf, optionProblems, refuse, savedOptions, wholeNumber, type Check } from "../../lib/contracts/options.js";
import type { InputLayout } from "../../lib/contracts/encoder.js";
import type { JsonObject } from "../../lib/json.js";
import type { Random } from "../../lib/random.js";
import { show } from "../../lib/show.js";
import type { HostTensors } from "../../lib/tensor/host.js";
import type { HostTree, Tensors, TensorTree } from "../../lib/tensor/tree.js";
import type * as tf from "../../lib/tensor/tf.js";
import { padBags, sumOfRows, type Bag } from "../embedding-bag.js";
import { categoryOf, VOCABULARY_CHECKS, type CategoricalOptions, type Category } from "./categorical.js";
import { wrongValue, type Collated, type Column, type Feature, type Learner, type PlaceOf } from "./feature.js";
import { startTable } from "./table.js";
import { Vocabulary } from "./vocabulary.js";

const POOLINGS = ["mean", "sum"] as const;

/** Options of `bag`. */
export interface BagOptions extends CategoricalOptions {
  /** How the vectors of the values become one. Default "mean". */
  readonly pooling?: (typeof POOLINGS)[number];
  /** What stands between the values of a list that is written as one text, such as "|"; null when lists are lists. Default null. */
  readonly separator?: string | null;
  /** Values of an item that count: the first so many. Default 64. */
  readonly longest?: number;
}

/**
 * Any number of values, such as genres or tags: the mean of their trained vectors, which are as those of `categorical`. An empty list
 * has a vector of its own, the same as a missing one.
 */
export function bag(options: BagOptions = {}): Feature<readonly Category[] | string | null> {
  return { type: "bag", options };
}

const separator: Check = (name, value) =>
  value === null || (typeof value === "string" && value !== "")
    ? null
    : `${name}: expected null or the text between two values, got ${show(value)}`;

const CHECKS = {
  ...VOCABULARY_CHECKS,
  pooling: (name: string, value: unknown) => oneOf(name, value, POOLINGS),
  separator,
  longest: (name: string, value: unknown) => wholeNumber(name, value, 1),
};

const KEYS = ["size", "values", "minCount", "hashBuckets", "pooling", "separator", "longest"] as const;
const LEAST_WIDTH = 4;

export class BagColumn implements Column {
  readonly type = "bag";
  readonly numbers = 0;
  readonly vectorSize: number;
  readonly #options: Required<BagOptions>;
  readonly #vocabulary: Vocabulary;

  constructor(given: object) {
    refuse("bag", optionProblems(given, CHECKS));
    const { size = 16, values = 1000, minCount = 2, hashBuckets = 1, ...own } = given as BagOptions;
    const { pooling = "mean", separator = null, longest = 64 } = own;
    this.#options = { size, values, minCount, hashBuckets, pooling, separator, longest };
    this.#vocabulary = new Vocabulary(this.#options);
    this.vectorSize = size;
  }

  static from(config: JsonObject): BagColumn {
    return new BagColumn(savedOptions<BagOptions>("bag", config, KEYS));
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
      add: (given, place) => {
        for (const value of this.#read(given, place)) counter.add(value);
      },
      finish: () => counter.finish(),
    };
  }

  collate(values: readonly unknown[], placeOf: PlaceOf): Collated {
    const bags = values.map((given, row) => this.#bagOf(given, () => placeOf(row)));
    return {
      numbers: new Float32Array(),
      inputs: padBags(bags, LEAST_WIDTH, Math.max(LEAST_WIDTH, this.#options.longest)),
    };
  }

  inputLayouts(width: string): Readonly<Record<string, InputLayout>> {
    const shape = ["batch", width];
    return { ids: { dtype: "int32", shape }, weights: { dtype: "float32", shape } };
  }

  initialize(random: Random): HostTree {
    const { size, doubtful } = this.#vocabulary;
    return { table: startTable(random, size, this.vectorSize, doubtful) };
  }

  apply({ table }: TensorTree, { ids, weights }: Tensors): tf.Tensor2D {
    return sumOfRows(table as tf.Tensor2D, ids as tf.Tensor2D, weights as tf.Tensor2D);
  }

  #bagOf(given: unknown, place: () => string): Bag {
    const values = this.#read(given, place);
    const ids =
      values.length === 0 ? Int32Array.of(0) : Int32Array.from(values, (value) => this.#vocabulary.rowOf(value));
    return { ids, weights: new Float32Array(ids.length).fill(this.#options.pooling === "mean" ? 1 / ids.length : 1) };
  }

  #read(given: unknown, place: () => string): string[] {
    if (given === null) return [];
    const { separator, longest } = this.#options;
    if (typeof given === "string" && separator !== null) {
      const texts = given.split(separator).map((text) => text.trim());
      return texts.filter((text) => text !== "").slice(0, longest);
    }
    if (!Array.isArray(given)) {
      throw wrongValue(
        place(),
        `a list${separator === null ? " (or a text, with the option separator)" : " or a text"}`,
        given,
      );
    }
    return given.slice(0, longest).map((value, at) => categoryOf(value, () => `${place()}, value ${at}`));
  }
}
