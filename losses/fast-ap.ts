import { above, refuse, savedOptions, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import * as tf from "../lib/tensor/tf.js";
import {
  DISTANCE_MATRIX_KEYS,
  DistanceMatrixLoss,
  type DistanceMatrixOptions,
  type Judgement,
} from "./distance-matrix-loss.js";
import { softHistogram } from "./soft-histogram.js";
import type { Mined } from "./mining/miner.js";
import { miningProblems } from "./mining/registered.js";
import { unitsOf } from "./mining/units.js";

const KEYS = ["bins", "largest", ...DISTANCE_MATRIX_KEYS] as const;

/** Options of `FastAPLoss`. */
export interface FastAPOptions extends DistanceMatrixOptions {
  /** Bins of the histogram of distances. Default 10. */
  readonly bins?: number;
  /** Distance of the last bin's end; what is farther counts there, without a gradient. Default 2, the largest that cosine gives. */
  readonly largest?: number;
}

/**
 * One minus the average precision of retrieving the positives of a row, made differentiable by a histogram of its distances: with h⁺ and
 * h the soft counts of positives and of all in each bin, and H⁺ and H their sums up to it, `1 - Σ_bins h⁺ H⁺ / H / positives`, averaged
 * over rows that have a positive. Looks at whole rankings, so take batches as large as fit.
 *
 * `O(n²)` for n rows, whatever the number of bins.
 *
 * Cakir, He, Xia, Kulis, Sclaroff, "Deep Metric Learning to Rank", CVPR 2019.
 */
export class FastAPLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "FastAPLoss";
  readonly #options: { readonly bins: number; readonly largest: number };

  constructor(options: FastAPOptions = {}) {
    const { bins = 10, largest = 2 } = options;
    refuse("FastAPLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems(options),
      wholeNumber("bins", bins, 1),
      above("largest", largest, 0),
    ]);
    super(options);
    this.#options = Object.freeze({ bins, largest });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): FastAPLoss {
    return new FastAPLoss(savedOptions<FastAPOptions>("FastAPLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options, ...this.sharedConfig };
  }

  protected override judge(distances: tf.Tensor2D, { positives, negatives }: Mined): Judgement {
    const { bins, largest } = this.#options;
    const range = { from: 0, to: largest, bins };
    const together = tf.step(positives);
    const found = softHistogram(distances, together, range); // [n, bins + 1]
    const all = tf.add(found, softHistogram(distances, tf.step(negatives), range));
    const foundUpTo = tf.cumsum(found, 1);
    const allUpTo = tf.cumsum(all, 1);
    const precision = tf.div(foundUpTo, tf.add(allUpTo, tf.sub(1, tf.step(allUpTo))));
    const count = tf.sum(together, 1);
    const average = tf.div(tf.sum(tf.mul(found, precision), 1), tf.maximum(count, 1));
    return { terms: { rows: unitsOf(tf.sub(1, average), tf.step(count)) } };
  }
}
