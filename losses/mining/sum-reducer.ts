import type { LossValue } from "../../lib/contracts/loss.js";
import { refuse, savedOptions, unknownOptions } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import * as tf from "../../lib/tensor/tf.js";
import { Reducer } from "./reducer.js";
import type { Units } from "./units.js";

/** The sum over all units: larger batches take larger steps. Accumulated and parallel batches are averaged all the same. */
export class SumReducer extends Reducer {
  /** Name it is saved by. */
  static readonly type = "SumReducer";
  readonly config: JsonObject = {};

  constructor(options: Readonly<Record<string, never>> = {}) {
    super();
    refuse("SumReducer", unknownOptions(options, []));
  }

  static from(config: JsonObject): SumReducer {
    return new SumReducer(savedOptions<Record<string, never>>("SumReducer", config, []));
  }

  override reduce({ totals, counts }: Units): LossValue {
    return { value: tf.sum(totals), weight: tf.step(tf.sum<tf.Scalar>(counts)) };
  }
}
