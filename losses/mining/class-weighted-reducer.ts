import type { LossValue } from "../../lib/contracts/loss.js";
import { atLeast, refuse, requireOptions, savedOptions, unknownOptions } from "../../lib/contracts/options.js";
import { UsageError } from "../../lib/errors.js";
import type { JsonObject } from "../../lib/json.js";
import { equalPairs } from "../../lib/tensor/masks.js";
import * as tf from "../../lib/tensor/tf.js";
import { average } from "../average.js";
import { Reducer } from "./reducer.js";
import type { Units } from "./units.js";

const KEYS = ["weights"] as const;

/** Options of `ClassWeightedReducer`. */
export interface ClassWeightedReducerOptions {
  /** One weight for each group, in the order of the `groups` that `configureLoss` receives: `groups.map((group) => …)`. */
  readonly weights: readonly number[];
}

/**
 * The mean of losses, each multiplied by the weight of its anchor's group: rare groups may count more. Groups that have no weight,
 * because they are not in the train loader, count once.
 */
export class ClassWeightedReducer extends Reducer {
  /** Name it is saved by. */
  static readonly type = "ClassWeightedReducer";
  readonly #weights: readonly number[];

  constructor(options: ClassWeightedReducerOptions) {
    super();
    requireOptions("ClassWeightedReducer", options, "options such as { weights }");
    const { weights } = options;
    const each = Array.isArray(weights) ? (weights as readonly unknown[]) : [];
    refuse("ClassWeightedReducer", [
      ...unknownOptions(options, KEYS),
      each.length === 0 ? "weights: expected an array of numbers, one for each group" : null,
      ...each.map((weight, at) => atLeast(`weights[${at}]`, weight, 0)),
    ]);
    this.#weights = Object.freeze([...weights]);
  }

  static from(config: JsonObject): ClassWeightedReducer {
    return new ClassWeightedReducer(savedOptions<ClassWeightedReducerOptions>("ClassWeightedReducer", config, KEYS));
  }

  override get config(): JsonObject {
    return { weights: [...this.#weights] };
  }

  override reduce({ totals, counts }: Units, groups: tf.Tensor1D): LossValue {
    if (totals.shape[0] !== groups.shape[0]) {
      throw new UsageError(
        `ClassWeightedReducer: the loss gives ${totals.shape[0]} losses for ${groups.shape[0]} anchors, so they have no group; ` +
          "use MeanReducer",
      );
    }
    const extra = tf.tensor2d(
      this.#weights.map((weight) => weight - 1),
      [this.#weights.length, 1],
    );
    const isGroup = equalPairs(groups, tf.range(0, this.#weights.length, 1, "int32"));
    const ofAnchor = tf.reshape(tf.add(tf.matMul(isGroup, extra), 1), [-1]); // [n]
    const perAnchor = totals.rank === 1 ? totals : tf.sum(totals, 1);
    const weight = tf.sum<tf.Scalar>(counts);
    return { value: average(tf.sum(tf.mul(perAnchor, ofAnchor)), weight), weight };
  }
}
