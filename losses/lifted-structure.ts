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
import type { Comparison } from "./mining/comparison.js";
import type { Mined } from "./mining/miner.js";
import { miningProblems } from "./mining/registered.js";
import { unitsOf } from "./mining/units.js";

const KEYS = ["negativeMargin", "positiveMargin", ...DISTANCE_MATRIX_KEYS] as const;

/** Options of `LiftedStructureLoss`. */
export interface LiftedStructureOptions extends DistanceMatrixOptions {
  /** Distance beyond which a negative hardly counts. Default 1. */
  readonly negativeMargin?: number;
  /** Taken off the distance of a positive. Default 0. */
  readonly positiveMargin?: number;
}

/**
 * Compares each positive pair with all negatives of both its ends: with `J = d(a, p) - positiveMargin + log(Σ_n exp(negativeMargin -
 * d(a, n)) + Σ_n exp(negativeMargin - d(p, n)))` over the negatives of a and those of p, `½ max(0, J)²`, averaged over ordered pairs
 * (a, p) one end of which has a negative. Against a memory, whose rows have no negatives of their own, the negatives of a alone.
 *
 * Euclidean distances by default. `O(n²)` for n rows.
 *
 * Oh Song, Xiang, Jegelka, Savarese, "Deep Metric Learning via Lifted Structured Feature Embedding", CVPR 2016.
 */
export class LiftedStructureLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "LiftedStructureLoss";
  readonly #options: { readonly negativeMargin: number; readonly positiveMargin: number };

  constructor(options: LiftedStructureOptions = {}) {
    const { negativeMargin = 1, positiveMargin = 0 } = options;
    refuse("LiftedStructureLoss", [
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
  static from(config: JsonObject): LiftedStructureLoss {
    return new LiftedStructureLoss(savedOptions<LiftedStructureOptions>("LiftedStructureLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options, ...this.sharedConfig };
  }

  protected override judge(distances: tf.Tensor2D, { positives, negatives }: Mined, { within }: Comparison): Judgement {
    const { negativeMargin, positiveMargin } = this.#options;
    const ofRow = logSumExpInRow(tf.sub(negativeMargin, distances), negatives); // [n]
    const any = rowsWithAny(negatives);
    const anchor = tf.expandDims(ofRow, 1);
    const anchorAny = tf.expandDims(any, 1);
    if (!within) return this.#pairs(tf.add(anchor, distances), tf.mul(positives, anchorAny), positiveMargin);
    const other = tf.expandDims(ofRow, 0);
    const otherAny = tf.expandDims(any, 0);
    // Where both have negatives log(exp(x) + exp(y)), where one has, its own.
    const more = tf.add(tf.mul(tf.softplus(tf.sub(other, anchor)), anchorAny), tf.mul(other, tf.sub(1, anchorAny)));
    const both = tf.add(anchor, tf.mul(more, otherAny));
    return this.#pairs(tf.add(both, distances), tf.mul(positives, tf.maximum(anchorAny, otherAny)), positiveMargin);
  }

  #pairs(excess: tf.Tensor2D, counts: tf.Tensor2D, positiveMargin: number): Judgement {
    return { terms: { pairs: unitsOf(tf.mul(tf.square(tf.relu(tf.sub(excess, positiveMargin))), 0.5), counts) } };
  }
}
