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

const KEYS = ["temperature", ...DISTANCE_MATRIX_KEYS] as const;

/** Options of `NTXentLoss`. */
export interface NTXentOptions extends DistanceMatrixOptions {
  /** Negative distances (cosines, up to a constant) are divided by it. Default 0.07. */
  readonly temperature?: number;
}

/**
 * Normalized temperature-scaled cross entropy, also known as InfoNCE: teaches a row to find each of its positives among its negatives,
 * `log(1 + Σ_negatives exp((d(a, p) - d(a, n)) / T))` for distances d and temperature T, averaged over pairs (a, p) whose row a has a
 * negative. Other positives of the row are left out of the sum.
 *
 * `O(n²)` for n rows. For pairs without groups see `MultipleNegativesRankingLoss`.
 *
 * Oord, Li, Vinyals, "Representation Learning with Contrastive Predictive Coding", 2018; Chen, Kornblith, Norouzi, Hinton, "A Simple
 * Framework for Contrastive Learning of Visual Representations", ICML 2020.
 */
export class NTXentLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "NTXentLoss";
  readonly #options: { readonly temperature: number };

  constructor(options: NTXentOptions = {}) {
    const { temperature = 0.07 } = options;
    refuse("NTXentLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems(options),
      above("temperature", temperature, 0),
    ]);
    super(options);
    this.#options = Object.freeze({ temperature });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): NTXentLoss {
    return new NTXentLoss(savedOptions<NTXentOptions>("NTXentLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options, ...this.sharedConfig };
  }

  protected override judge(distances: tf.Tensor2D, { positives, negatives }: Mined): Judgement {
    const logits = tf.div<tf.Tensor2D>(distances, -this.#options.temperature);
    const ofNegatives = tf.expandDims(logSumExpInRow(logits, negatives), 1); // [n, 1]
    const losses = tf.softplus(tf.sub(ofNegatives, logits));
    return { terms: { pairs: unitsOf(losses, tf.mul(positives, tf.expandDims(rowsWithAny(negatives), 1))) } };
  }
}
