import { finite, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
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
import type { Mined } from "./mining/miner.js";
import { miningProblems } from "./mining/registered.js";
import { unitsOf } from "./mining/units.js";

const KEYS = ["negativeMargin", "positiveMargin", ...DISTANCE_MATRIX_KEYS] as const;

/** Options of `GeneralizedLiftedStructureLoss`. */
export interface GeneralizedLiftedStructureOptions extends DistanceMatrixOptions {
  /** Distance beyond which a negative hardly counts. Default 1. */
  readonly negativeMargin?: number;
  /** Taken off the distances of positives. Default 0. */
  readonly positiveMargin?: number;
}

/**
 * Compares all positives of a row with all its negatives at once:
 * `max(0, log Σ_positives exp(d - positiveMargin) + log Σ_negatives exp(negativeMargin - d))`, averaged over rows that have a positive
 * and a negative.
 *
 * Euclidean distances by default. `O(n²)` for n rows.
 *
 * Hermans, Beyer, Leibe, "In Defense of the Triplet Loss for Person Re-Identification", 2017.
 */
export class GeneralizedLiftedStructureLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "GeneralizedLiftedStructureLoss";
  readonly #options: { readonly negativeMargin: number; readonly positiveMargin: number };

  constructor(options: GeneralizedLiftedStructureOptions = {}) {
    const { negativeMargin = 1, positiveMargin = 0 } = options;
    refuse("GeneralizedLiftedStructureLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems(options),
      finite("negativeMargin", negativeMargin),
      finite("positiveMargin", positiveMargin),
    ]);
    super(options, { distance: "euclidean" });
    this.#options = Object.freeze({ negativeMargin, positiveMargin });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): GeneralizedLiftedStructureLoss {
    return new GeneralizedLiftedStructureLoss(
      savedOptions<GeneralizedLiftedStructureOptions>("GeneralizedLiftedStructureLoss", config, KEYS),
    );
  }

  override get config(): JsonObject {
    return { ...this.#options, ...this.sharedConfig };
  }

  protected override judge(distances: tf.Tensor2D, { positives, negatives }: Mined): Judgement {
    const { negativeMargin, positiveMargin } = this.#options;
    const ofPositives = logSumExpInRow(tf.sub(distances, positiveMargin), tf.step(positives));
    const ofNegatives = logSumExpInRow(tf.sub(negativeMargin, distances), tf.step(negatives));
    const losses = tf.relu(tf.add(ofPositives, ofNegatives));
    return { terms: { rows: unitsOf(losses, tf.mul(rowsWithAny(positives), rowsWithAny(negatives))) } };
  }
}
