import type { Targets } from "../lib/contracts/batch.js";
import type { Distance } from "../lib/contracts/distance.js";
import { SimilarityLoss, type LossValue } from "../lib/contracts/loss.js";
import { atLeast, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import { SquaredEuclidean } from "../lib/distances/index.js";
import type { JsonObject } from "../lib/json.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";

const KEYS = ["invariance", "variance", "covariance"] as const;

/** Keeps the slope of the standard deviation finite. */
const EPSILON = 1e-4;

/** Options of `VICRegLoss`. */
export interface VICRegOptions {
  /** Weight of the distance between the two rows of a pair. Default 25. */
  readonly invariance?: number;
  /** Weight of what a column lacks of a standard deviation of 1. Default 25. */
  readonly variance?: number;
  /** Weight of what columns say twice. Default 1. */
  readonly covariance?: number;
}

/**
 * Two views of the same items, without negatives: `invariance · mean (a - b)² + variance · V + covariance · C`, where
 * `V = mean over columns of max(0, 1 - √(var + 1e-4))`, averaged over both sides, keeps rows from becoming equal, and
 * `C = Σᵢ≠ⱼ cov²ᵢⱼ / width`, summed over both sides, keeps columns from saying the same. Every pair counts as two views of one item;
 * scores are not read. Rows are not normalized.
 *
 * Bardes, Ponce, LeCun, "VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised Learning", ICLR 2022.
 */
export class VICRegLoss extends SimilarityLoss<"pair"> {
  /** Name it is saved by. */
  static readonly type = "VICRegLoss";
  readonly kind = "pair";
  readonly separable = false;
  override readonly distance: Distance = new SquaredEuclidean();
  readonly #weights: Required<VICRegOptions>;

  constructor(options: VICRegOptions = {}) {
    super();
    const { invariance = 25, variance = 25, covariance = 1 } = options;
    refuse("VICRegLoss", [
      ...unknownOptions(options, KEYS),
      atLeast("invariance", invariance, 0),
      atLeast("variance", variance, 0),
      atLeast("covariance", covariance, 0),
    ]);
    this.#weights = { invariance, variance, covariance };
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): VICRegLoss {
    return new VICRegLoss(savedOptions<VICRegOptions>("VICRegLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#weights };
  }

  override compute(_: TensorTree, embeddings: tf.Tensor2D, { labels }: Targets<"pair">): LossValue {
    const { invariance, variance, covariance } = this.#weights;
    const [a, b] = tf.split(embeddings, 2, 0) as [tf.Tensor2D, tf.Tensor2D];
    const [left, right] = [spread(a), spread(b)];
    const value = tf.addN([
      tf.mul(tf.mean(tf.squaredDifference(a, b)), invariance),
      tf.mul(tf.add(left.lacking, right.lacking), variance / 2),
      tf.mul(tf.add(left.repeated, right.repeated), covariance),
    ]) as tf.Scalar;
    return { value, weight: tf.scalar(labels.shape[0]) };
  }
}

/** What the columns of one side lack of a deviation of 1, and the squares of their covariances. */
function spread(rows: tf.Tensor2D): { lacking: tf.Tensor; repeated: tf.Tensor } {
  const [count, width] = rows.shape;
  const centered = tf.sub(rows, tf.mean(rows, 0, true)) as tf.Tensor2D;
  const degrees = Math.max(count - 1, 1);
  const variances = tf.div(tf.sum(tf.square(centered), 0), degrees); // [width]
  const lacking = tf.mean(tf.relu(tf.sub(1, tf.sqrt(tf.add(variances, EPSILON)))));
  const products = tf.div(tf.matMul(centered, centered, true, false), degrees); // [width, width]
  const others = tf.sub(tf.sum(tf.square(products)), tf.sum(tf.square(variances)));
  return { lacking, repeated: tf.div(others, width) };
}
