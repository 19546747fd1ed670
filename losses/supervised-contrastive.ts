import { above, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import { rowsWithAny } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
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

const KEYS = ["temperature", ...DISTANCE_MATRIX_KEYS] as const;

/** Options of `SupervisedContrastiveLoss`. */
export interface SupervisedContrastiveOptions extends DistanceMatrixOptions {
  /** Negative distances (cosines, up to a constant) are divided by it. Default 0.1. */
  readonly temperature?: number;
}

/**
 * Teaches a row to find its positives among all other rows: `log Σ_others exp(-d / T) - mean_positives(-d / T)` for distances d and
 * temperature T, averaged over the rows whose loss is above zero. Several positives of a row are averaged outside the logarithm.
 *
 * A row counts when it has a positive and a negative. `O(n²)` for n rows.
 *
 * Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020.
 */
export class SupervisedContrastiveLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "SupervisedContrastiveLoss";
  readonly #options: { readonly temperature: number };

  constructor(options: SupervisedContrastiveOptions = {}) {
    const { temperature = 0.1 } = options;
    refuse("SupervisedContrastiveLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems(options),
      above("temperature", temperature, 0),
    ]);
    super(options, { reducer: new AverageNonZeroReducer() });
    this.#options = Object.freeze({ temperature });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): SupervisedContrastiveLoss {
    return new SupervisedContrastiveLoss(
      savedOptions<SupervisedContrastiveOptions>("SupervisedContrastiveLoss", config, KEYS),
    );
  }

  override get config(): JsonObject {
    return { ...this.#options, ...this.sharedConfig };
  }

  protected override judge(distances: tf.Tensor2D, { positives, negatives }: Mined): Judgement {
    const logits = tf.div<tf.Tensor2D>(distances, -this.#options.temperature);
    const together = tf.step(positives);
    const others = logSumExpInRow(logits, tf.step(tf.add<tf.Tensor2D>(positives, negatives)));
    const counted = tf.mul(rowsWithAny(positives), rowsWithAny(negatives));
    const ofPositives = tf.div(tf.sum(tf.mul(logits, together), 1), tf.maximum(tf.sum(together, 1), 1));
    return { terms: { rows: unitsOf(tf.sub(others, ofPositives), counted) } };
  }
}
