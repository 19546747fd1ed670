import { atLeast, finite, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import * as tf from "../lib/tensor/tf.js";
import {
  DISTANCE_MATRIX_KEYS,
  DistanceMatrixLoss,
  type DistanceMatrixOptions,
  type Judgement,
} from "./distance-matrix-loss.js";
import { AverageNonZeroReducer } from "./mining/average-non-zero-reducer.js";
import type { Mined } from "./mining/miner.js";
import { miningProblems } from "./mining/registered.js";
import { unitsOf } from "./mining/units.js";

const KEYS = ["positiveMargin", "negativeMargin", "positiveWeight", "negativeWeight", ...DISTANCE_MATRIX_KEYS] as const;

/** Options of `ThresholdConsistentMarginLoss`. */
export interface ThresholdConsistentMarginOptions extends DistanceMatrixOptions {
  /** Similarity that positives should have. Default 0.9. */
  readonly positiveMargin?: number;
  /** Similarity that negatives should stay below. Default 0.5. */
  readonly negativeMargin?: number;
  /** Weight of positives. Default 1. */
  readonly positiveWeight?: number;
  /** Weight of negatives. Default 1. */
  readonly negativeWeight?: number;
}

/**
 * Makes one threshold of similarity fit all groups: the mean of `positiveWeight max(0, positiveMargin - s)` over positive pairs plus
 * that of `negativeWeight max(0, s - negativeMargin)` over negative ones, each over the pairs on the wrong side alone. Meant to be
 * added to another loss, for open-set use with a fixed threshold.
 *
 * Made for cosine similarities. `O(n²)` for n rows.
 *
 * Zhang et al., "Threshold-Consistent Margin Loss for Open-World Deep Metric Learning", ICLR 2024.
 */
export class ThresholdConsistentMarginLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "ThresholdConsistentMarginLoss";
  readonly #options: Required<Omit<ThresholdConsistentMarginOptions, keyof DistanceMatrixOptions>>;

  constructor(options: ThresholdConsistentMarginOptions = {}) {
    const { positiveMargin = 0.9, negativeMargin = 0.5, positiveWeight = 1, negativeWeight = 1 } = options;
    refuse("ThresholdConsistentMarginLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems(options),
      finite("positiveMargin", positiveMargin),
      finite("negativeMargin", negativeMargin),
      atLeast("positiveWeight", positiveWeight, 0),
      atLeast("negativeWeight", negativeWeight, 0),
    ]);
    super(options, { reducer: new AverageNonZeroReducer() });
    this.#options = Object.freeze({ positiveMargin, negativeMargin, positiveWeight, negativeWeight });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): ThresholdConsistentMarginLoss {
    return new ThresholdConsistentMarginLoss(
      savedOptions<ThresholdConsistentMarginOptions>("ThresholdConsistentMarginLoss", config, KEYS),
    );
  }

  override get config(): JsonObject {
    return { ...this.#options, ...this.sharedConfig };
  }

  protected override judge(distances: tf.Tensor2D, { positives, negatives }: Mined): Judgement {
    const { positiveMargin, negativeMargin, positiveWeight, negativeWeight } = this.#options;
    const similarity = this.distance.similarity(distances);
    return {
      terms: {
        positive: unitsOf(tf.mul(tf.relu(tf.sub(positiveMargin, similarity)), positiveWeight), positives),
        negative: unitsOf(tf.mul(tf.relu(tf.sub(similarity, negativeMargin)), negativeWeight), negatives),
      },
    };
  }
}
