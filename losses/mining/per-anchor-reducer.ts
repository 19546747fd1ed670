import type { LossValue } from "../../lib/contracts/loss.js";
import { refuse, savedOptions, unknownOptions } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import * as tf from "../../lib/tensor/tf.js";
import { Reducer } from "./reducer.js";
import { meanOf } from "./reducer.js";
import { unitsOf, type Units } from "./units.js";

/** First the mean over the units of each anchor, then over anchors that have any: anchors with many pairs do not outweigh others. */
export class PerAnchorReducer extends Reducer {
  /** Name it is saved by. */
  static readonly type = "PerAnchorReducer";
  readonly config: JsonObject = {};

  constructor(options: Readonly<Record<string, never>> = {}) {
    super();
    refuse("PerAnchorReducer", unknownOptions(options, []));
  }

  static from(config: JsonObject): PerAnchorReducer {
    return new PerAnchorReducer(savedOptions<Record<string, never>>("PerAnchorReducer", config, []));
  }

  override reduce({ totals, counts }: Units): LossValue {
    const perAnchor = (values: tf.Tensor): tf.Tensor => (values.rank === 1 ? values : tf.sum(values, 1));
    const units = perAnchor(counts);
    const any = tf.step(units);
    return meanOf(unitsOf(tf.div(perAnchor(totals), tf.add(units, tf.sub(1, any))), any));
  }
}
