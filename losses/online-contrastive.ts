import { atLeast, oneOf, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import * as tf from "../lib/tensor/tf.js";
import {
  DISTANCE_MATRIX_KEYS,
  DistanceMatrixLoss,
  type DistanceMatrixOptions,
  type Judgement,
} from "./distance-matrix-loss.js";
import type { Comparison } from "./mining/comparison.js";
import { hardest } from "./mining/hardest.js";
import type { Mined } from "./mining/miner.js";
import { miningProblems } from "./mining/registered.js";
import { unitsOf } from "./mining/units.js";

const KEYS = ["margin", "mining", ...DISTANCE_MATRIX_KEYS] as const;

/** Options of `OnlineContrastiveLoss`. */
export interface OnlineContrastiveOptions extends DistanceMatrixOptions {
  /** Distance beyond which items of different groups cost nothing. Default 0.5. */
  readonly margin?: number;
  /**
   * Every pair of the batch, or for each row only its farthest positive and its nearest negative. Default "hard", with a miner "all":
   * every pair that it chose.
   */
  readonly mining?: "hard" | "all";
}

/**
 * Contrastive loss over the pairs that a batch of groups contains: the mean distance of pairs of one group plus the mean of
 * `max(0, margin - d)` over pairs of different groups, halved. With `"hard"` a row's farthest positive and nearest negative stand for
 * its pairs.
 *
 * An item is never paired with itself. A batch without a pair has loss 0 and gradient 0.
 *
 * Hadsell, Chopra, LeCun, "Dimensionality Reduction by Learning an Invariant Mapping", CVPR 2006, which squares both terms: give
 * `distance: "squared-euclidean"` for its first one.
 */
export class OnlineContrastiveLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "OnlineContrastiveLoss";
  readonly #margin: number;
  readonly #mining: "hard" | "all";

  constructor(options: OnlineContrastiveOptions = {}) {
    const { margin = 0.5, mining = options.miner ? "all" : "hard" } = options;
    refuse("OnlineContrastiveLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems(options),
      atLeast("margin", margin, 0),
      oneOf("mining", mining, ["hard", "all"]),
      options.miner && mining !== "all" ? "mining: the miner chooses pairs already; leave mining out" : null,
    ]);
    super(options);
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
    return { margin: this.#margin, mining: this.#mining, ...this.sharedConfig };
  }

  protected override compare(comparison: Comparison, mined: Mined): Judgement {
    if (!(this.miner?.single ?? this.#mining === "hard")) return this.judge(comparison.matrix, mined);
    const { columns, withPositive, withNegative } = hardest(comparison, mined);
    const [together, apart] = comparison.to(...columns) as [tf.Tensor1D, tf.Tensor1D];
    return this.#terms(together, withPositive, apart, withNegative);
  }

  protected override judge(distances: tf.Tensor2D, { positives, negatives }: Mined): Judgement {
    return this.#terms(distances, positives, distances, negatives);
  }

  #terms(together: tf.Tensor, togetherCounts: tf.Tensor, apart: tf.Tensor, apartCounts: tf.Tensor): Judgement {
    return {
      terms: {
        positive: unitsOf(tf.mul(together, 0.5), togetherCounts),
        negative: unitsOf(tf.mul(tf.relu(tf.sub(this.#margin, apart)), 0.5), apartCounts),
      },
      weight: tf.sum(tf.maximum(togetherCounts, apartCounts)),
    };
  }
}
