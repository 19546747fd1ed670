import { atLeast, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
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

const KEYS = ["positiveMargin", "negativeMargin", ...DISTANCE_MATRIX_KEYS] as const;

/** Options of `SignalToNoiseContrastiveLoss`. */
export interface SignalToNoiseContrastiveOptions extends DistanceMatrixOptions {
  /** Distance up to which a positive costs nothing. Default 0. */
  readonly positiveMargin?: number;
  /** Distance beyond which a negative costs nothing. Default 1. */
  readonly negativeMargin?: number;
}

/**
 * Contrastive loss on the ratio of noise to signal, `d(x, y) = var(x - y) / var(x)` for an anchor x: the mean of
 * `max(0, d - positiveMargin)` over positive pairs plus that of `max(0, negativeMargin - d)` over negative ones, each over the pairs
 * that cost something. The distance compares the shapes of vectors against the strength of the anchor, so that it cannot be lowered
 * by making all vectors small.
 *
 * `O(n²)` for n rows.
 *
 * Yuan et al., "Signal-to-Noise Ratio: A Robust Distance Metric for Deep Metric Learning", CVPR 2019.
 */
export class SignalToNoiseContrastiveLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "SignalToNoiseContrastiveLoss";
  readonly #options: { readonly positiveMargin: number; readonly negativeMargin: number };

  constructor(options: SignalToNoiseContrastiveOptions = {}) {
    const { positiveMargin = 0, negativeMargin = 1 } = options;
    refuse("SignalToNoiseContrastiveLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems(options),
      atLeast("positiveMargin", positiveMargin, 0),
      atLeast("negativeMargin", negativeMargin, 0),
    ]);
    super(options, { distance: "signal-to-noise", reducer: new AverageNonZeroReducer() });
    this.#options = Object.freeze({ positiveMargin, negativeMargin });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): SignalToNoiseContrastiveLoss {
    return new SignalToNoiseContrastiveLoss(
      savedOptions<SignalToNoiseContrastiveOptions>("SignalToNoiseContrastiveLoss", config, KEYS),
    );
  }

  override get config(): JsonObject {
    return { ...this.#options, ...this.sharedConfig };
  }

  protected override judge(distances: tf.Tensor2D, { positives, negatives }: Mined): Judgement {
    const { positiveMargin, negativeMargin } = this.#options;
    return {
      terms: {
        positive: unitsOf(tf.relu(tf.sub(distances, positiveMargin)), positives),
        negative: unitsOf(tf.relu(tf.sub(negativeMargin, distances)), negatives),
      },
    };
  }
}
