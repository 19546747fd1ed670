import { Part } from "../../lib/contracts/part.js";
import type { LossValue } from "../../lib/contracts/loss.js";
import * as tf from "../../lib/tensor/tf.js";
import { average } from "../average.js";
import type { Units } from "./units.js";

/**
 * Turns the losses of pairs, triplets or anchors into one number. Any reducer goes with any `DistanceMatrixLoss`. Where there is no
 * unit the loss is 0, with gradient 0. Must be traceable.
 *
 * A reducer of your own must be known by name before a model with it is trained, because training makes sure that a model can be loaded
 * again: see `registerReducer`.
 */
export abstract class Reducer extends Part {
  /** `groups` `[n]`: the group of each anchor. */
  abstract reduce(units: Units, groups: tf.Tensor1D): LossValue;
}

/** The mean over all units. */
export function meanOf({ totals, counts }: Units): LossValue {
  const weight = tf.sum<tf.Scalar>(counts);
  return { value: average(tf.sum(totals), weight), weight };
}
