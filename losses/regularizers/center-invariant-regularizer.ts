import { refuse, savedOptions, unknownOptions } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import * as tf from "../../lib/tensor/tf.js";
import { Regularizer } from "./regularizer.js";

/**
 * Gives the vectors of all groups the same length, so that groups with many items do not get longer ones: `(‖w‖² - mean ‖w‖²)² / 4`.
 *
 * Wu, Liu, Wang, Fu, "Deep Face Recognition with Center Invariant Loss", ACM MM Thematic Workshops 2017.
 */
export class CenterInvariantRegularizer extends Regularizer {
  /** Name it is saved by. */
  static readonly type = "CenterInvariantRegularizer";
  readonly config: JsonObject = {};

  constructor(options: Readonly<Record<string, never>> = {}) {
    super();
    refuse("CenterInvariantRegularizer", unknownOptions(options, []));
  }

  static from(config: JsonObject): CenterInvariantRegularizer {
    const options = savedOptions<Record<string, never>>("CenterInvariantRegularizer", config, []);
    return new CenterInvariantRegularizer(options);
  }

  override penalties(rows: tf.Tensor2D): tf.Tensor1D {
    const squared = tf.sum<tf.Tensor1D>(tf.square(rows), 1);
    return tf.div(tf.square(tf.sub(squared, tf.mean(squared))), 4);
  }
}
