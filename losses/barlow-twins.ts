import type { Targets } from "../lib/contracts/batch.js";
import type { Distance } from "../lib/contracts/distance.js";
import { SimilarityLoss, type LossValue } from "../lib/contracts/loss.js";
import { atLeast, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import { Cosine } from "../lib/distances/index.js";
import type { JsonObject } from "../lib/json.js";
import { samePosition } from "../lib/tensor/masks.js";
import { innerProducts } from "../lib/tensor/pairwise.js";
import { unitRows } from "../lib/tensor/rows.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";

const KEYS = ["redundancy"] as const;

/** Options of `BarlowTwinsLoss`. */
export interface BarlowTwinsOptions {
  /** Weight of what different columns say alike. Default 0.005. */
  readonly redundancy?: number;
}

/**
 * Two views of the same items, without negatives: with the correlations C of every column of one side with every column of the other
 * over the batch, `Σᵢ (1 - Cᵢᵢ)² + redundancy · Σᵢ≠ⱼ Cᵢⱼ²`. A column is to say the same of both views, and different columns
 * different things, which keeps rows from becoming equal. A column that is the same in all rows correlates with nothing. Every pair
 * counts as two views of one item; scores are not read.
 *
 * Costs the square of the width, not of the batch: wide embeddings are better. Takes batches of tens of rows and more.
 *
 * Zbontar, Jing, Misra, LeCun, Deny, "Barlow Twins: Self-Supervised Learning via Redundancy Reduction", ICML 2021.
 */
export class BarlowTwinsLoss extends SimilarityLoss<"pair"> {
  /** Name it is saved by. */
  static readonly type = "BarlowTwinsLoss";
  readonly kind = "pair";
  readonly separable = false;
  override readonly distance: Distance = new Cosine();
  readonly #redundancy: number;

  constructor(options: BarlowTwinsOptions = {}) {
    super();
    const { redundancy = 0.005 } = options;
    refuse("BarlowTwinsLoss", [...unknownOptions(options, KEYS), atLeast("redundancy", redundancy, 0)]);
    this.#redundancy = redundancy;
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): BarlowTwinsLoss {
    return new BarlowTwinsLoss(savedOptions<BarlowTwinsOptions>("BarlowTwinsLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { redundancy: this.#redundancy };
  }

  override compute(_: TensorTree, embeddings: tf.Tensor2D, { labels }: Targets<"pair">): LossValue {
    const [a, b] = tf.split(embeddings, 2, 0) as [tf.Tensor2D, tf.Tensor2D];
    const same = samePosition(embeddings.shape[1]);
    const errors = tf.squaredDifference(innerProducts(deviations(a), deviations(b)), same);
    const weights = tf.add(tf.mul(same, 1 - this.#redundancy), this.#redundancy);
    const pairs = labels.shape[0];
    // One pair alone correlates with nothing.
    const counts = pairs > 1 ? 1 : 0;
    return { value: tf.mul(tf.sum(tf.mul(errors, weights)), counts), weight: tf.scalar(counts * pairs) };
  }
}

/** `[n, width] -> [width, n]`, what each column differs from its mean, of length 1. */
function deviations(rows: tf.Tensor2D): tf.Tensor2D {
  return unitRows(tf.transpose<tf.Tensor2D>(tf.sub(rows, tf.mean(rows, 0, true))));
}
