import { refuse, savedOptions, share, unknownOptions } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import * as tf from "../lib/tensor/tf.js";
import {
  DISTANCE_MATRIX_KEYS,
  DistanceMatrixLoss,
  type DistanceMatrixOptions,
  type Judgement,
} from "./distance-matrix-loss.js";
import { weightedMean } from "./average.js";
import type { Mined } from "./mining/miner.js";
import { miningProblems } from "./mining/registered.js";
import { unitsOf } from "./mining/units.js";

const KEYS = ["positiveSlack", "negativeSlack", ...DISTANCE_MATRIX_KEYS] as const;

/** Options of `IntraPairVarianceLoss`. */
export interface IntraPairVarianceOptions extends DistanceMatrixOptions {
  /** By which part a positive may be less similar than their mean. Default 0.01. */
  readonly positiveSlack?: number;
  /** By which part a negative may be more similar than their mean. Default 0.01. */
  readonly negativeSlack?: number;
}

/**
 * Makes the similarities of positive pairs alike, and those of negative pairs alike: the mean of
 * `max(0, (1 - positiveSlack) mean_positives(s) - s)²` over positive pairs plus the mean of
 * `max(0, s - (1 + negativeSlack) mean_negatives(s))²` over negative ones. It neither pulls all positives nor pushes all negatives, so add
 * it to another loss.
 *
 * `O(n²)` for n rows.
 *
 * Yu, Tao, "Deep Metric Learning with Tuplet Margin Loss", ICCV 2019, section 3.4.
 */
export class IntraPairVarianceLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "IntraPairVarianceLoss";
  readonly #options: { readonly positiveSlack: number; readonly negativeSlack: number };

  constructor(options: IntraPairVarianceOptions = {}) {
    const { positiveSlack = 0.01, negativeSlack = 0.01 } = options;
    refuse("IntraPairVarianceLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems(options),
      share("positiveSlack", positiveSlack),
      share("negativeSlack", negativeSlack),
    ]);
    super(options);
    this.#options = Object.freeze({ positiveSlack, negativeSlack });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): IntraPairVarianceLoss {
    return new IntraPairVarianceLoss(savedOptions<IntraPairVarianceOptions>("IntraPairVarianceLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options, ...this.sharedConfig };
  }

  protected override judge(distances: tf.Tensor2D, { positives, negatives }: Mined): Judgement {
    const { positiveSlack, negativeSlack } = this.#options;
    const similarity = this.distance.similarity(distances);
    const low = tf.mul(weightedMean(similarity, positives), 1 - positiveSlack);
    const high = tf.mul(weightedMean(similarity, negatives), 1 + negativeSlack);
    return {
      terms: {
        positive: unitsOf(tf.square(tf.relu(tf.sub(low, similarity))), positives),
        negative: unitsOf(tf.square(tf.relu(tf.sub(similarity, high))), negatives),
      },
    };
  }
}
