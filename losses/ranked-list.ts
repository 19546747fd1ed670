import { above, atLeast, finite, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import { Lp } from "../lib/distances/index.js";
import type { JsonObject } from "../lib/json.js";
import { rowsWithAny } from "../lib/tensor/masks.js";
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
import { softMeanInRow } from "./soft-mean.js";

const KEYS = [
  "margin",
  "boundary",
  "balance",
  "positiveTemperature",
  "negativeTemperature",
  ...DISTANCE_MATRIX_KEYS,
] as const;

/** Options of `RankedListLoss`. */
export interface RankedListOptions extends DistanceMatrixOptions {
  /** How much nearer than the boundary positives should be. Default 0.4. */
  readonly margin?: number;
  /** Distance beyond which a negative costs nothing. Default `1 + margin / 2`, for rows of length 1. */
  readonly boundary?: number;
  /** Share of the negatives in the loss, from 0 to 1. Default 0.5. */
  readonly balance?: number;
  /** How much more the farthest positives count than the others; 0 counts all alike. Default 0. */
  readonly positiveTemperature?: number;
  /** The same for the nearest negatives. Default 10. */
  readonly negativeTemperature?: number;
}

/**
 * Gathers positives within a ball round each row and keeps negatives out of a larger one, without pressing groups into points: for each
 * row `(1 - balance) mean(d - (boundary - margin))` over positives beyond the ball, plus `balance mean(boundary - d)` over negatives
 * within theirs, with weights like `exp(temperature · excess)` in both means. Averaged over rows that have a positive or a negative.
 *
 * Euclidean distances of rows divided by their length by default. `O(n²)` for n rows.
 *
 * Wang, Hua, Kodirov, Hu, Garnier, Robertson, "Ranked List Loss for Deep Metric Learning", CVPR 2019.
 */
export class RankedListLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "RankedListLoss";
  readonly #options: Required<Omit<RankedListOptions, keyof DistanceMatrixOptions>>;

  constructor(options: RankedListOptions = {}) {
    const { margin = 0.4, balance = 0.5, positiveTemperature = 0, negativeTemperature = 10 } = options;
    const { boundary = 1 + margin / 2 } = options;
    refuse("RankedListLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems(options),
      above("margin", margin, 0),
      finite("boundary", boundary),
      atLeast("balance", balance, 0),
      balance > 1 ? `balance: expected a number from 0 to 1, got ${balance}` : null,
      atLeast("positiveTemperature", positiveTemperature, 0),
      atLeast("negativeTemperature", negativeTemperature, 0),
    ]);
    super(options, { distance: new Lp({ normalize: true }) });
    this.#options = Object.freeze({ margin, boundary, balance, positiveTemperature, negativeTemperature });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): RankedListLoss {
    return new RankedListLoss(savedOptions<RankedListOptions>("RankedListLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options, ...this.sharedConfig };
  }

  protected override judge(distances: tf.Tensor2D, { positives, negatives }: Mined): Judgement {
    const { margin, boundary, balance, positiveTemperature, negativeTemperature } = this.#options;
    const outside = tf.sub<tf.Tensor2D>(distances, boundary - margin);
    const inside = tf.sub<tf.Tensor2D>(boundary, distances);
    const costly = (mask: tf.Tensor2D, beyond: tf.Tensor2D): tf.Tensor2D =>
      withoutGradient(() => tf.tidy(() => tf.mul(mask, tf.step(beyond))));
    const pull = softMeanInRow(outside, costly(positives, outside), positiveTemperature);
    const push = softMeanInRow(inside, costly(negatives, inside), negativeTemperature);
    const losses = tf.add(tf.mul(pull, 1 - balance), tf.mul(push, balance));
    return { terms: { rows: unitsOf(losses, rowsWithAny(tf.add(positives, negatives))) } };
  }
}
