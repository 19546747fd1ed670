import { above, refuse, savedOptions, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import { rowsWithAny, smallestInRow } from "../lib/tensor/masks.js";
import { takeFromRows } from "../lib/tensor/row-order.js";
import * as tf from "../lib/tensor/tf.js";
import { withoutGradient } from "../lib/tensor/without-gradient.js";
import {
  DISTANCE_MATRIX_KEYS,
  DistanceMatrixLoss,
  type DistanceMatrixOptions,
  type Judgement,
} from "./distance-matrix-loss.js";
import type { Mined } from "./mining/miner.js";
import { miningProblems } from "./mining/registered.js";
import { unitsOf } from "./mining/units.js";
import { softHistogram } from "./soft-histogram.js";

const KEYS = ["bins", "largest", ...DISTANCE_MATRIX_KEYS] as const;

/** Options of `DynamicSoftMarginLoss`. */
export interface DynamicSoftMarginOptions extends DistanceMatrixOptions {
  /** Bins of differences of distances. Default 10. */
  readonly bins?: number;
  /** Differences from `-largest` to `largest` are told apart. Default 2, what distances of cosine can differ by. */
  readonly largest?: number;
}

/**
 * A triplet loss without a margin to tune: the difference `x = d(a, p) - d(a, n)` of each positive and the nearest negative of its row
 * is weighed by the share of the batch's differences that are below it, so that harder triplets count more whatever the stage of
 * training: `mean(share(x) x)`, the shares without a gradient. Can be negative.
 *
 * Shares are those of the batch at hand, where the paper averages them over earlier ones; take batches of 64 and more. `O(n²)` for n
 * rows.
 *
 * Zhang, Rusinkiewicz, "Learning Local Descriptors with a CDF-Based Dynamic Soft Margin", ICCV 2019.
 */
export class DynamicSoftMarginLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "DynamicSoftMarginLoss";
  readonly #options: { bins: number; largest: number };

  constructor(options: DynamicSoftMarginOptions = {}) {
    const { bins = 10, largest = 2 } = options;
    refuse("DynamicSoftMarginLoss", [
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
  static from(config: JsonObject): DynamicSoftMarginLoss {
    return new DynamicSoftMarginLoss(savedOptions<DynamicSoftMarginOptions>("DynamicSoftMarginLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options, ...this.sharedConfig };
  }

  protected override judge(distances: tf.Tensor2D, { positives, negatives }: Mined): Judgement {
    const nearest = tf.expandDims(smallestInRow(distances, tf.step(negatives)), 1); // [n, 1]
    const differences = tf.sub<tf.Tensor2D>(distances, nearest);
    const counts = tf.mul<tf.Tensor2D>(positives, tf.expandDims(rowsWithAny(negatives), 1));
    const shares = withoutGradient(() => this.#shares(differences, counts));
    return { terms: { pairs: unitsOf(tf.mul(differences, shares), counts) } };
  }

  /** `[n, m]`, the share of counted differences up to the bin of each. */
  #shares(differences: tf.Tensor2D, counts: tf.Tensor2D): tf.Tensor2D {
    const { bins, largest } = this.#options;
    const [rows] = differences.shape;
    const histogram = tf.sum(softHistogram(differences, counts, { from: -largest, to: largest, bins }), 0, true);
    const upTo = tf.div(tf.cumsum(histogram, 1), tf.maximum(tf.sum(counts), 1)); // [1, bins + 1]
    const place = tf.clipByValue(tf.mul(tf.add(differences, largest), bins / (2 * largest)), 0, bins);
    const bin = tf.where(tf.isNaN(place), tf.zerosLike(place), tf.floor(place)) as tf.Tensor2D;
    return takeFromRows(tf.tile(upTo, [rows, 1]) as tf.Tensor2D, tf.cast(bin, "int32") as tf.Tensor2D);
  }
}
