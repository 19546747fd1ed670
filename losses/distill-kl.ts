import type { Targets } from "../lib/contracts/batch.js";
import type { Distance } from "../lib/contracts/distance.js";
import { SimilarityLoss, type LossValue } from "../lib/contracts/loss.js";
import { above, oneOf, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { Noise } from "../lib/contracts/part.js";
import { distanceNamed, savedDistance, type DistanceChoice } from "../lib/distances/index.js";
import type { JsonObject } from "../lib/json.js";
import { equalPairs } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import { logSumExpInRow } from "./log-sum-exp.js";
import { requireGuide } from "./require-guide.js";
import { tupleSimilarities } from "./tuple-similarities.js";

const KEYS = ["kind", "teacher", "temperature", "distance"] as const;

/** Options of `DistillKLLoss`. */
export interface DistillKLOptions<K extends "pair" | "tuple" = "tuple"> {
  /** "tuple" (default): anchors with positives and negatives of their own. "pair": every `b` of the batch is a candidate of every `a`. */
  readonly kind?: K;
  /** Whose similarities are learned: the "scores" of tuples (their default), or the model's "guide" (the default for pairs). */
  readonly teacher?: "scores" | "guide";
  /** Similarities of both are divided by it: the larger, the more the order of bad candidates counts. Default 1. */
  readonly temperature?: number;
  /** Its similarities are compared, of embeddings and of the guide's vectors alike. Default "dot-product". */
  readonly distance?: DistanceChoice;
}

/**
 * Teaches how a teacher spreads its trust over the candidates of each anchor: the Kullback-Leibler divergence
 * `temperature² Σ q log(q / p)` with `p = softmax(s / temperature)` of the similarities s of the embeddings and q alike of the teacher's,
 * averaged over anchors. Unlike `MarginMSELoss` it looks at all candidates of an anchor at once, the likely ones most.
 *
 * The teacher is an encoder (`configureGuide`), or any model that gave each positive and negative of a tuple its score beforehand, such as
 * a cross-encoder. Of pairs, every `a` is an anchor, whatever its score. `O(n²)` for n rows.
 *
 * Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network", 2015; of rankings: Lin, Yang, Lin, "Distilling Dense
 * Representations for Ranking using Tightly-Coupled Teachers", 2020.
 */
export class DistillKLLoss<K extends "pair" | "tuple" = "tuple"> extends SimilarityLoss<K> {
  /** Name it is saved by. */
  static readonly type = "DistillKLLoss";
  override readonly kind: K;
  override readonly separable = false;
  override readonly usesGuide: boolean;
  override readonly distance: Distance;
  readonly #temperature: number;

  constructor(options: DistillKLOptions<K> = {}) {
    super();
    const { kind = "tuple", temperature = 1, distance = "dot-product" } = options;
    const { teacher = kind === "pair" ? "guide" : "scores" } = options;
    refuse("DistillKLLoss", [
      ...unknownOptions(options, KEYS),
      oneOf("kind", kind, ["pair", "tuple"]),
      oneOf("teacher", teacher, ["scores", "guide"]),
      kind === "pair" && teacher === "scores"
        ? 'teacher: the score of a pair says nothing of other pairs; expected "guide", or tuples'
        : null,
      above("temperature", temperature, 0),
    ]);
    this.kind = kind as K;
    this.usesGuide = teacher === "guide";
    this.distance = distanceNamed(distance);
    this.#temperature = temperature;
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): DistillKLLoss<"pair" | "tuple"> {
    return new DistillKLLoss(savedOptions<DistillKLOptions<"pair" | "tuple">>("DistillKLLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return {
      kind: this.kind,
      teacher: this.usesGuide ? "guide" : "scores",
      temperature: this.#temperature,
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
      ? this.#ofPairs(embeddings, teacher as tf.Tensor2D)
      : this.#ofTuples(embeddings, teacher, targets as Targets<"tuple">);
  }

  #ofPairs(embeddings: tf.Tensor2D, guide: tf.Tensor2D): LossValue {
    const logarithms = (rows: tf.Tensor2D): tf.Tensor2D => {
      const [a, b] = tf.split(rows, 2, 0) as [tf.Tensor2D, tf.Tensor2D];
      return tf.logSoftmax(tf.div(this.distance.similarity(this.distance.matrix(a, b)), this.#temperature));
    };
    return this.#divergence(logarithms(embeddings), logarithms(guide), embeddings.shape[0] / 2);
  }

  #ofTuples(embeddings: tf.Tensor2D, guide: tf.Tensor2D | null, targets: Targets<"tuple">): LossValue {
    const { positiveOwners, negativeOwners, scores } = targets;
    const owners = tf.concat1d([positiveOwners, negativeOwners]);
    const anchors = embeddings.shape[0] - owners.shape[0];
    const own = equalPairs(tf.range(0, anchors, 1, "int32"), owners); // [anchors, candidates]
    const logarithms = (similarities: tf.Tensor1D): tf.Tensor1D => {
      const logits = tf.div<tf.Tensor1D>(similarities, this.#temperature);
      const rows = tf.mul<tf.Tensor2D>(tf.expandDims(logits, 0), tf.onesLike(own));
      const totals = tf.expandDims(logSumExpInRow(rows, own), 0);
      return tf.sub(logits, tf.squeeze(tf.matMul(totals as tf.Tensor2D, own), [0]));
    };
    const taught = guide === null ? scores : tupleSimilarities(this.distance, guide, owners);
    const learned = tupleSimilarities(this.distance, embeddings, owners);
    return this.#divergence(logarithms(learned), logarithms(taught), anchors);
  }

  /** Of logarithms of probabilities, which sum to 1 for each of so many anchors. */
  #divergence(learned: tf.Tensor, taught: tf.Tensor, anchors: number): LossValue {
    const total = tf.sum<tf.Scalar>(tf.mul(tf.exp(taught), tf.sub(taught, learned)));
    return { value: tf.mul(total, this.#temperature ** 2 / anchors), weight: tf.scalar(anchors) };
  }
}
