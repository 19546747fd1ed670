import { above, atLeast, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
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
import { logSumExpInRow } from "./log-sum-exp.js";
import { AverageNonZeroReducer } from "./mining/average-non-zero-reducer.js";
import type { Mined } from "./mining/miner.js";
import { miningProblems } from "./mining/registered.js";
import { unitsOf } from "./mining/units.js";

const KEYS = ["margin", "scale", ...DISTANCE_MATRIX_KEYS] as const;

/** Options of `CircleLoss`. */
export interface CircleOptions extends DistanceMatrixOptions {
  /** How far similarities of positives may stay below 1, and those of negatives above 0. Default 0.4; the paper takes 0.25 for faces. */
  readonly margin?: number;
  /** Similarities are multiplied by it. Default 80; the paper takes 256 for faces and 128 for persons. */
  readonly scale?: number;
}

/**
 * Pulls and pushes each pair the harder, the farther its similarity s is from where it should be: for each row, with
 * `αp = max(0, 1 + m - s)` and `αn = max(0, s + m)` that get no gradient,
 * `log(1 + Σ_negatives exp(scale αn (s - m)) · Σ_positives exp(-scale αp (s - (1 - m))))`, averaged over rows with a loss above zero.
 *
 * A row counts when it has a positive and a negative. Made for similarities from -1 to 1, such as cosines. `O(n²)` for n rows.
 *
 * Sun et al., "Circle Loss: A Unified Perspective of Pair Similarity Optimization", CVPR 2020.
 */
export class CircleLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "CircleLoss";
  readonly #options: { readonly margin: number; readonly scale: number };

  constructor(options: CircleOptions = {}) {
    const { margin = 0.4, scale = 80 } = options;
    refuse("CircleLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems(options),
      atLeast("margin", margin, 0),
      above("scale", scale, 0),
    ]);
    super(options, { reducer: new AverageNonZeroReducer() });
    this.#options = Object.freeze({ margin, scale });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): CircleLoss {
    return new CircleLoss(savedOptions<CircleOptions>("CircleLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options, ...this.sharedConfig };
  }

  protected override judge(distances: tf.Tensor2D, { positives, negatives }: Mined): Judgement {
    const { margin, scale } = this.#options;
    const similarity = this.distance.similarity(distances);
    const [pull, push] = withoutGradient((): [tf.Tensor2D, tf.Tensor2D] => [
      tf.tidy(() => tf.mul(tf.relu(tf.sub(1 + margin, similarity)), -scale)),
      tf.tidy(() => tf.mul(tf.relu(tf.add(similarity, margin)), scale)),
    ]);
    const ofPositives = logSumExpInRow(tf.mul(pull, tf.sub(similarity, 1 - margin)), tf.step(positives));
    const ofNegatives = logSumExpInRow(tf.mul(push, tf.sub(similarity, margin)), tf.step(negatives));
    const losses = tf.softplus(tf.add(ofPositives, ofNegatives));
    return { terms: { rows: unitsOf(losses, tf.mul(rowsWithAny(positives), rowsWithAny(negatives))) } };
  }
}
