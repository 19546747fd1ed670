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
import type { Mined } from "./mining/miner.js";
import { miningProblems } from "./mining/registered.js";
import { unitsOf } from "./mining/units.js";

const KEYS = ["scale", ...DISTANCE_MATRIX_KEYS] as const;

/** Options of `NCALoss`. */
export interface NCAOptions extends DistanceMatrixOptions {
  /** Distances are multiplied by it. Default 1. */
  readonly scale?: number;
}

/**
 * Neighbourhood components analysis: the probability that a row picks a neighbour of its own group, when it picks others with
 * probabilities like `exp(-scale d)`, should be 1: `-log(Σ_positives exp(-scale d) / Σ_others exp(-scale d))`, averaged over rows that
 * have a positive. Asks only that some positive is near, not all: groups may stay in several clusters.
 *
 * `O(n²)` for n rows. Squared euclidean distances by default.
 *
 * Goldberger, Roweis, Hinton, Salakhutdinov, "Neighbourhood Components Analysis", NeurIPS 2004.
 */
export class NCALoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "NCALoss";
  readonly #options: { readonly scale: number };

  constructor(options: NCAOptions = {}) {
    const { scale = 1 } = options;
    refuse("NCALoss", [...unknownOptions(options, KEYS), ...miningProblems(options), above("scale", scale, 0)]);
    super(options, { distance: "squared-euclidean" });
    this.#options = Object.freeze({ scale });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): NCALoss {
    return new NCALoss(savedOptions<NCAOptions>("NCALoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options, ...this.sharedConfig };
  }

  protected override judge(distances: tf.Tensor2D, { positives, negatives }: Mined): Judgement {
    const logits = tf.mul<tf.Tensor2D>(distances, -this.#options.scale);
    const ofOthers = logSumExpInRow(logits, tf.step(tf.add<tf.Tensor2D>(positives, negatives)));
    const ofPositives = logSumExpInRow(logits, tf.step(positives));
    return { terms: { rows: unitsOf(tf.sub(ofOthers, ofPositives), rowsWithAny(positives)) } };
  }
}
