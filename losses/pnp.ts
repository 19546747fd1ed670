import { above, oneOf, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import { rowsWithAny } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
import {
  DISTANCE_MATRIX_KEYS,
  DistanceMatrixLoss,
  type DistanceMatrixOptions,
  type Judgement,
} from "./distance-matrix-loss.js";
import type { Mined } from "./mining/miner.js";
import { miningProblems } from "./mining/registered.js";
import { unitsOf } from "./mining/units.js";
import { smoothRanks, smoothRanksProblem } from "./smooth-ranks.js";

/** How much it costs a positive that R negatives come before it; the names are those of the paper. */
export type PNPVariant = "O" | "Iu" | "Ib" | "Ds" | "Dq";

type Cost = (before: tf.Tensor2D, options: { readonly alpha: number; readonly b: number }) => tf.Tensor2D;

const logOfOneMore = (before: tf.Tensor2D): tf.Tensor2D => tf.log(tf.add(before, 1));

const VARIANTS: Readonly<Record<PNPVariant, Cost>> = {
  O: (before) => before,
  Iu: (before) => tf.mul(tf.add(before, 1), logOfOneMore(before)),
  Ib: (before, { b }) => tf.div(tf.sub(tf.mul(before, b), logOfOneMore(tf.mul(before, b))), b ** 2),
  Ds: logOfOneMore,
  Dq: (before, { alpha }) => tf.sub(1, tf.pow(tf.add(before, 1), -alpha)),
};

const KEYS = ["variant", "alpha", "b", "temperature", "largest", ...DISTANCE_MATRIX_KEYS] as const;

/** Options of `PNPLoss`. */
export interface PNPOptions extends DistanceMatrixOptions {
  /**
   * What R negatives before a positive cost: "O" (default) R; with a slope that grows with R, "Iu" `(1 + R) log(1 + R)` and "Ib"
   * `(b R - log(1 + b R)) / b²`; with one that falls, so that far positives are given up, "Ds" `log(1 + R)` and "Dq" `1 - (1 + R)^-alpha`.
   */
  readonly variant?: PNPVariant;
  /** How fast "Dq" gives up. Default 1. */
  readonly alpha?: number;
  /** How soon the slope of "Ib" reaches its end. Default 2. */
  readonly b?: number;
  /** A negative nearer by this much counts as three quarters. At least `largest` / 1,023. Default 0.01. */
  readonly temperature?: number;
  /** The largest distance; what is farther counts there, without a gradient. Default 2, the largest that cosine gives. */
  readonly largest?: number;
}

/**
 * Penalizes only the negatives that come before a positive, which is all that keeps the average precision of a row below 1:
 * `mean over its positives p of cost(R)` with `R = Σ_negatives σ((d_p - d_n) / temperature)`, averaged over rows that have a positive.
 * The row itself is not one of its positives.
 *
 * `O(n²)` for n rows: what a pair counts is kept within 3e-5.
 *
 * Li, Min, Song, Chen, Wang, Mei, "Rethinking the Optimization of Average Precision: Only Penalizing Negative Instances before Positive
 * Ones is Enough", AAAI 2022.
 */
export class PNPLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "PNPLoss";
  readonly #options: {
    readonly variant: PNPVariant;
    readonly alpha: number;
    readonly b: number;
    readonly temperature: number;
    readonly largest: number;
  };

  constructor(options: PNPOptions = {}) {
    const { variant = "O", alpha = 1, b = 2, temperature = 0.01, largest = 2 } = options;
    refuse("PNPLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems(options),
      oneOf("variant", variant, Object.keys(VARIANTS)),
      above("alpha", alpha, 0),
      above("b", b, 0),
      above("temperature", temperature, 0),
      above("largest", largest, 0),
      smoothRanksProblem({ temperature, largest }),
    ]);
    super(options);
    this.#options = Object.freeze({ variant, alpha, b, temperature, largest });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): PNPLoss {
    return new PNPLoss(savedOptions<PNPOptions>("PNPLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options, ...this.sharedConfig };
  }

  protected override judge(distances: tf.Tensor2D, { positives, negatives }: Mined): Judgement {
    const before = smoothRanks(distances, tf.step(negatives), this.#options);
    const costs = VARIANTS[this.#options.variant](before, this.#options);
    const total = tf.sum(tf.mul(costs, positives), 1);
    const losses = tf.div(total, tf.maximum(tf.sum(positives, 1), 1));
    return { terms: { rows: unitsOf(losses, rowsWithAny(positives)) } };
  }
}
