import type { Distance } from "../lib/contracts/distance.js";
import type { LossValue } from "../lib/contracts/loss.js";
import { atLeast, oneOf, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import { distanceNamed, type DistanceName } from "../lib/distances/index.js";
import type { JsonObject } from "../lib/json.js";
import { largestInRow, rowsWithAny, smallestInRow, type PairMasks } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
import { weightedMean } from "./average.js";
import { DistanceMatrixLoss } from "./distance-matrix-loss.js";

const KEYS = ["margin", "mining", "distance"] as const;

/** Options of `OnlineContrastiveLoss`. */
export interface OnlineContrastiveOptions {
  /** Distance beyond which items of different groups cost nothing. Default 0.5. */
  readonly margin?: number;
  /** Every pair of the batch, or for each row only its farthest positive and its nearest negative. Default "hard". */
  readonly mining?: "hard" | "all";
  /** Default "cosine". */
  readonly distance?: DistanceName | Distance;
}

/**
 * Contrastive loss over the pairs that a batch of groups contains: the mean distance of pairs of one group plus the mean of
 * `max(0, margin - d)` over pairs of different groups, halved. With `"hard"` a row's farthest positive and nearest negative stand for
 * its pairs.
 *
 * An item is never paired with itself. A batch without a pair has loss 0 and gradient 0.
 */
export class OnlineContrastiveLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "OnlineContrastiveLoss";
  override readonly distance: Distance;
  readonly #margin: number;
  readonly #mining: "hard" | "all";

  constructor(options: OnlineContrastiveOptions = {}) {
    super();
    const { margin = 0.5, mining = "hard", distance = "cosine" } = options;
    refuse("OnlineContrastiveLoss", [
      ...unknownOptions(options, KEYS),
      atLeast("margin", margin, 0),
      oneOf("mining", mining, ["hard", "all"]),
    ]);
    this.distance = distanceNamed(distance);
    this.#margin = margin;
    this.#mining = mining;
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): OnlineContrastiveLoss {
    return new OnlineContrastiveLoss(savedOptions<OnlineContrastiveOptions>("OnlineContrastiveLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { margin: this.#margin, mining: this.#mining, distance: this.distance.name };
  }

  protected override judge(distances: tf.Tensor2D, { positives, negatives }: PairMasks): LossValue {
    const hard = this.#mining === "hard";
    const together = hard ? largestInRow(distances, positives) : distances;
    const apart = hard ? smallestInRow(distances, negatives) : distances;
    const togetherCounts = hard ? rowsWithAny(positives) : positives;
    const apartCounts = hard ? rowsWithAny(negatives) : negatives;
    const positive = tf.mul(weightedMean(together, togetherCounts), 0.5) as tf.Scalar;
    const negative = tf.mul(weightedMean(tf.relu(tf.sub(this.#margin, apart)), apartCounts), 0.5) as tf.Scalar;
    return {
      value: tf.add(positive, negative),
      weight: tf.sum(tf.maximum(togetherCounts, apartCounts)),
      terms: { positive, negative },
    };
  }
}
