import type { Targets } from "../lib/contracts/batch.js";
import type { Distance } from "../lib/contracts/distance.js";
import { SimilarityLoss, type LossValue } from "../lib/contracts/loss.js";
import { oneOf, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { Noise } from "../lib/contracts/part.js";
import { distanceNamed, savedDistance, type DistanceChoice } from "../lib/distances/index.js";
import type { JsonObject } from "../lib/json.js";
import { equalPairs, samePosition } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import { weightedMean } from "./average.js";
import { requireGuide } from "./require-guide.js";
import { tupleSimilarities } from "./tuple-similarities.js";

const KEYS = ["kind", "teacher", "distance"] as const;

/** Options of `MarginMSELoss`. */
export interface MarginMSEOptions<K extends "pair" | "tuple" = "tuple"> {
  /** "tuple" (default): anchors with positives and negatives of their own. "pair": the other `b`s of the batch are the negatives. */
  readonly kind?: K;
  /** Whose similarities are learned: the "scores" of tuples (their default), or the model's "guide" (the default for pairs). */
  readonly teacher?: "scores" | "guide";
  /** Its similarities are compared, of embeddings and of the guide's vectors alike. Default "dot-product". */
  readonly distance?: DistanceChoice;
}

/**
 * Teaches by how much a positive is to be nearer than a negative, as a teacher says:
 * `((s(a, p) - s(a, n)) - (t(a, p) - t(a, n)))²` with similarities s of the embeddings and t of the teacher, averaged over all positives
 * and negatives of the same anchor. Unlike the similarities themselves, their differences do not depend on how the teacher's are spread.
 *
 * The teacher is an encoder (`configureGuide`), or any model that gave each positive and negative of a tuple its score beforehand, such as
 * a cross-encoder. Tuples without scores have margins of 1. Pairs with score 0 have no positive.
 *
 * Hofstätter et al., "Improving Efficient Neural Ranking Models with Cross-Architecture Knowledge Distillation", 2020.
 */
export class MarginMSELoss<K extends "pair" | "tuple" = "tuple"> extends SimilarityLoss<K> {
  /** Name it is saved by. */
  static readonly type = "MarginMSELoss";
  override readonly kind: K;
  override readonly separable = false;
  override readonly usesGuide: boolean;
  override readonly distance: Distance;

  constructor(options: MarginMSEOptions<K> = {}) {
    super();
    const { kind = "tuple", distance = "dot-product" } = options;
    const { teacher = kind === "pair" ? "guide" : "scores" } = options;
    refuse("MarginMSELoss", [
      ...unknownOptions(options, KEYS),
      oneOf("kind", kind, ["pair", "tuple"]),
      oneOf("teacher", teacher, ["scores", "guide"]),
      kind === "pair" && teacher === "scores"
        ? 'teacher: the score of a pair says nothing of other pairs; expected "guide", or tuples'
        : null,
    ]);
    this.kind = kind as K;
    this.usesGuide = teacher === "guide";
    this.distance = distanceNamed(distance);
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): MarginMSELoss<"pair" | "tuple"> {
    return new MarginMSELoss(savedOptions<MarginMSEOptions<"pair" | "tuple">>("MarginMSELoss", config, KEYS));
  }

  override get config(): JsonObject {
    return {
      kind: this.kind,
      teacher: this.usesGuide ? "guide" : "scores",
      distance: savedDistance(this.distance),
    };
  }

  override compute(
    _parameters: TensorTree,
    embeddings: tf.Tensor2D,
    targets: Targets<K>,
    _noise?: Noise,
    guide?: tf.Tensor2D,
  ): LossValue {
    const teacher = this.usesGuide ? requireGuide(this, embeddings, guide) : null;
    return this.kind === "pair"
      ? this.#ofPairs(embeddings, teacher as tf.Tensor2D, targets as Targets<"pair">)
      : this.#ofTuples(embeddings, teacher, targets as Targets<"tuple">);
  }

  #ofPairs(embeddings: tf.Tensor2D, guide: tf.Tensor2D, { labels }: Targets<"pair">): LossValue {
    const margins = (rows: tf.Tensor2D): tf.Tensor2D => {
      const [a, b] = tf.split(rows, 2, 0) as [tf.Tensor2D, tf.Tensor2D];
      const own = tf.expandDims(this.distance.similarity(this.distance.pairs(a, b)), 1);
      return tf.sub<tf.Tensor2D>(own, this.distance.similarity(this.distance.matrix(a, b)));
    };
    const positive = tf.expandDims(tf.step(labels), 1);
    const negatives = tf.mul<tf.Tensor2D>(tf.sub(1, samePosition(labels.shape[0])), positive);
    return judge(margins(embeddings), margins(guide), negatives);
  }

  #ofTuples(embeddings: tf.Tensor2D, guide: tf.Tensor2D | null, targets: Targets<"tuple">): LossValue {
    const { positiveOwners, negativeOwners, scores } = targets;
    if (negativeOwners.shape[0] === 0) return { value: tf.sum<tf.Scalar>(tf.mul(embeddings, 0)), weight: tf.scalar(0) };
    const owners = tf.concat1d([positiveOwners, negativeOwners]);
    const similarities = (rows: tf.Tensor2D): tf.Tensor1D => tupleSimilarities(this.distance, rows, owners);
    const margins = (all: tf.Tensor1D): tf.Tensor2D => {
      const [positive, negative] = tf.split(all, [positiveOwners.shape[0], negativeOwners.shape[0]], 0) as [
        tf.Tensor1D,
        tf.Tensor1D,
      ];
      return tf.sub(tf.expandDims(positive, 1), tf.expandDims(negative, 0));
    };
    const taught = guide === null ? scores : similarities(guide);
    return judge(margins(similarities(embeddings)), margins(taught), equalPairs(positiveOwners, negativeOwners));
  }
}

/** Mean squared difference of margins `[positives, negatives]`, of those that belong together. */
function judge(margins: tf.Tensor2D, taught: tf.Tensor2D, together: tf.Tensor2D): LossValue {
  const value = weightedMean(tf.squaredDifference(margins, taught), together);
  return { value, weight: tf.sum<tf.Scalar>(together) };
}
