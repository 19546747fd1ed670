import { above, refuse, savedOptions, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
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

const KEYS = ["k", "rankTemperature", "temperature", "largest", ...DISTANCE_MATRIX_KEYS] as const;

/** Options of `SurrogatePrecisionLoss`. */
export interface SurrogatePrecisionOptions extends DistanceMatrixOptions {
  /** How many of the nearest rows count. Default 5. */
  readonly k?: number;
  /** How softly a rank is counted as one of the first k, in ranks. Default 1. */
  readonly rankTemperature?: number;
  /** A row nearer by this much counts as three quarters in the rank of another. At least `largest` / 1,023. Default 0.01. */
  readonly temperature?: number;
  /** The largest distance; what is farther counts there, without a gradient. Default 2, the largest that cosine gives. */
  readonly largest?: number;
}

/**
 * One minus precision at k, made differentiable: with the soft rank of a positive p, `R = ½ + Σ_others σ((d_p - d_o) / temperature)`
 * over positives and negatives alike, `1 - Σ_positives σ((k - R) / rankTemperature) / min(k, positives)`, averaged over rows that have a
 * positive. Of k or more positives all of which come first it leaves a little less than 0, because ranks beyond k count a little too.
 *
 * `O(n²)` for n rows: what a pair counts is kept within 3e-5. The row itself is not found by itself.
 *
 * Patel, Tolias, Matas, "Recall@k Surrogate Loss with Large Batches and Similarity Mixup", CVPR 2022.
 */
export class SurrogatePrecisionLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "SurrogatePrecisionLoss";
  readonly #options: {
    readonly k: number;
    readonly rankTemperature: number;
    readonly temperature: number;
    readonly largest: number;
  };

  constructor(options: SurrogatePrecisionOptions = {}) {
    const { k = 5, rankTemperature = 1, temperature = 0.01, largest = 2 } = options;
    refuse("SurrogatePrecisionLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems(options),
      wholeNumber("k", k, 1),
      above("rankTemperature", rankTemperature, 0),
      above("temperature", temperature, 0),
      above("largest", largest, 0),
      smoothRanksProblem({ temperature, largest }),
    ]);
    super(options);
    this.#options = Object.freeze({ k, rankTemperature, temperature, largest });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): SurrogatePrecisionLoss {
    return new SurrogatePrecisionLoss(savedOptions<SurrogatePrecisionOptions>("SurrogatePrecisionLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options, ...this.sharedConfig };
  }

  protected override judge(distances: tf.Tensor2D, { positives, negatives }: Mined): Judgement {
    const { k, rankTemperature } = this.#options;
    const relevant = tf.step(positives);
    // A positive counts itself as a half, which is what its rank begins with.
    const ranks = smoothRanks(distances, tf.add(relevant, tf.step(negatives)), this.#options);
    const first = tf.sigmoid(tf.div(tf.sub(k, ranks), rankTemperature));
    const found = tf.sum(tf.mul(first, relevant), 1);
    const most = tf.clipByValue(tf.sum(relevant, 1), 1, k);
    return { terms: { rows: unitsOf(tf.sub(1, tf.div(found, most)), rowsWithAny(positives)) } };
  }
}
