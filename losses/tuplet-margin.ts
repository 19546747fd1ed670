import { above, atLeast, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import { rowsWithAny } from "../lib/tensor/masks.js";
import { rootOrZero } from "../lib/tensor/rows.js";
import * as tf from "../lib/tensor/tf.js";
import {
  DISTANCE_MATRIX_KEYS,
  DistanceMatrixLoss,
  type DistanceMatrixOptions,
  type Judgement,
} from "./distance-matrix-loss.js";
import { logSumExpInRow } from "./log-sum-exp.js";
import type { Mined } from "./mining/miner.js";
import { miningProblems } from "./mining/registered.js";
import { unitsOf } from "./mining/units.js";

const KEYS = ["margin", "scale", ...DISTANCE_MATRIX_KEYS] as const;

/** Options of `TupletMarginLoss`. */
export interface TupletMarginOptions extends DistanceMatrixOptions {
  /** Angle by which a positive may lie off, in radians, from 0 to π / 2. Default 0.1, that is 5.73 degrees. */
  readonly margin?: number;
  /** Cosines are multiplied by it. Default 64. */
  readonly scale?: number;
}

/**
 * Compares a positive with all negatives of its row at once, and is content when it lies within an angle of the row:
 * `log(1 + Σ_negatives exp(scale (cos θ(a, n) - cos(θ(a, p) - margin))))`, averaged over pairs (a, p) whose row a has a negative.
 * The slack keeps groups from being pressed into one point.
 *
 * Made for cosine; with another distance, its similarity stands for the cosine. `O(n²)` for n rows.
 *
 * Yu, Tao, "Deep Metric Learning with Tuplet Margin Loss", ICCV 2019.
 */
export class TupletMarginLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "TupletMarginLoss";
  readonly #options: { readonly margin: number; readonly scale: number };

  constructor(options: TupletMarginOptions = {}) {
    const { margin = 0.1, scale = 64 } = options;
    refuse("TupletMarginLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems(options),
      atLeast("margin", margin, 0),
      margin > Math.PI / 2 ? `margin: expected radians up to π / 2, got ${margin}; 5.73 degrees are 0.1 radians` : null,
      above("scale", scale, 0),
    ]);
    super(options);
    this.#options = Object.freeze({ margin, scale });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): TupletMarginLoss {
    return new TupletMarginLoss(savedOptions<TupletMarginOptions>("TupletMarginLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options, ...this.sharedConfig };
  }

  protected override judge(distances: tf.Tensor2D, { positives, negatives }: Mined): Judgement {
    const { margin, scale } = this.#options;
    const cosine = this.distance.similarity(distances);
    const sine = rootOrZero(tf.sub<tf.Tensor2D>(1, tf.square(cosine)));
    const turned = tf.add(tf.mul(cosine, Math.cos(margin)), tf.mul(sine, Math.sin(margin))); // cos(θ - margin)
    const ofNegatives = tf.expandDims(logSumExpInRow(tf.mul(cosine, scale), negatives), 1); // [n, 1]
    const losses = tf.softplus(tf.sub(ofNegatives, tf.mul(turned, scale)));
    return { terms: { pairs: unitsOf(losses, tf.mul(positives, tf.expandDims(rowsWithAny(negatives), 1))) } };
  }
}
