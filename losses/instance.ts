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

/** Options of `InstanceLoss`. */
export interface InstanceOptions extends DistanceMatrixOptions {
  /** Distances are multiplied by it. Default 64. */
  readonly scale?: number;
}

/**
 * Every row is a class of its own: cross entropy of finding a row itself, at distance 0, among the rows of other groups,
 * `log(1 + Σ_negatives exp(-scale d))`, averaged over the rows that have a negative. Pushes groups apart and pulls nothing together;
 * rows of the same group leave each other alone. For items without groups, give each a group of its own, or use it beside a loss that
 * pulls, in `MultipleLosses`.
 *
 * `O(n²)` for n rows.
 *
 * Zheng, Zheng, Garrett, Yang, Xu, Shen, "Dual-path Convolutional Image-Text Embeddings with Instance Loss", TOMM 2020.
 */
export class InstanceLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "InstanceLoss";
  readonly #options: { readonly scale: number };

  constructor(options: InstanceOptions = {}) {
    const { scale = 64 } = options;
    refuse("InstanceLoss", [...unknownOptions(options, KEYS), ...miningProblems(options), above("scale", scale, 0)]);
    super(options);
    this.#options = Object.freeze({ scale });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): InstanceLoss {
    return new InstanceLoss(savedOptions<InstanceOptions>("InstanceLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options, ...this.sharedConfig };
  }

  protected override judge(distances: tf.Tensor2D, { negatives }: Mined): Judgement {
    const logits = tf.mul<tf.Tensor2D>(distances, -this.#options.scale);
    const losses = logSumExpInRow(logits, tf.step(negatives), { withOne: true });
    return { terms: { rows: unitsOf(losses, rowsWithAny(negatives)) } };
  }
}
