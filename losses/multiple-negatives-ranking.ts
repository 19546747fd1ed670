import type { Targets } from "../lib/contracts/batch.js";
import type { Distance } from "../lib/contracts/distance.js";
import { SimilarityLoss, type LossValue, type Memory, type UsesMemory } from "../lib/contracts/loss.js";
import { above, flag, oneOf, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { Init } from "../lib/contracts/part.js";
import { Cosine, distanceNamed, savedDistance, type DistanceChoice } from "../lib/distances/index.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import { linearOf } from "../lib/tensor/linear.js";
import { equalPairs, samePosition } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import { weightedMean } from "./average.js";
import { crossEntropy } from "./cross-entropy.js";
import { currentScale, LARGEST_SCALE, learnedScale } from "./logit-scale.js";
import { ownAnswers } from "./own-answers.js";
import { isCheaperByMap, ownAnswersOfLinear } from "./own-answers-of-linear.js";

const KEYS = ["kind", "scale", "learnScale", "symmetric", "distance"] as const;

/** Added to the logit of a candidate that is not a wrong answer. */
const EXCLUDED = -1e9;

/** Options of `MultipleNegativesRankingLoss`. `kind` may be left out for a loss of pairs. */
export type MultipleNegativesRankingOptions<K extends "pair" | "tuple" = "pair"> = {
  /** Similarities are multiplied by it. Default 20, for cosine; take 1 for "dot-product". */
  readonly scale?: number;
  /** Instead of `scale`: `1 / scale`. */
  readonly temperature?: number;
  /** Start at `scale`, which is then 100 at most, and train it with the model; it stays at 100 or below. Default false. */
  readonly learnScale?: boolean;
  /** Also look for the anchor given the positive, and average both directions. Default false. */
  readonly symmetric?: boolean;
  /** Default "cosine". */
  readonly distance?: DistanceChoice;
} & ("pair" extends K
  ? {
      /** "pair", or "tuple" for anchors that bring hard negatives of their own. Default "pair". */
      readonly kind?: K;
    }
  : {
      /** "tuple": anchors bring positives, and hard negatives of their own. */
      readonly kind: K;
    });

/**
 * Teaches an anchor to find its positive among all positives of the batch: cross entropy of `scale · similarity(aᵢ, bⱼ)` with i as the
 * right answer. Also known as in-batch negatives, InfoNCE or NT-Xent. The larger the batch, the harder the task.
 *
 * - `"pair"`: pair i is (a, b). Its score weighs it in the average; a pair with score 0 is no positive, so it has no loss of its own,
 *   but its b is still a wrong answer for every anchor. Subgroups are not looked at. The same b twice in a batch is a wrong answer to
 *   itself: use batches without duplicates.
 * - `"tuple"`: candidates are all positives and all negatives of the batch; other positives of the same anchor are left out of its
 *   comparison. The graded score of a positive weighs it.
 *
 * With a cross-batch memory (pairs), remembered `b`s are further wrong answers for every a; a trained scale counts there too, and
 * `symmetric` does not.
 *
 * Henderson et al., "Efficient Natural Language Response Suggestion for Smart Reply", 2017; van den Oord, Li, Vinyals,
 * "Representation Learning with Contrastive Predictive Coding", 2018; trained scale: Radford et al. (CLIP), 2021.
 */
export class MultipleNegativesRankingLoss<K extends "pair" | "tuple" = "pair"> extends SimilarityLoss<K> {
  /** Name it is saved by. */
  static readonly type = "MultipleNegativesRankingLoss";
  /** The kind of samples it learns from: as its option says. */
  override readonly kind: K;
  readonly separable = false;
  override readonly distance: Distance;
  /** The loss against remembered `b`s; a loss of tuples has none. */
  declare readonly computeAgainst?: UsesMemory<"pair">["computeAgainst"];
  readonly #options: { scale: number; learnScale: boolean; symmetric: boolean };

  constructor(
    ...[given]: "pair" extends K
      ? [options?: MultipleNegativesRankingOptions<K>]
      : [options: MultipleNegativesRankingOptions<K>]
  ) {
    super();
    const options: MultipleNegativesRankingOptions<"pair" | "tuple"> = given ?? {};
    const { kind = "pair", temperature, learnScale = false, symmetric = false, distance = "cosine" } = options;
    const { scale = temperature === undefined ? 20 : 1 / temperature } = options;
    const name = temperature === undefined ? "scale" : "temperature";
    refuse("MultipleNegativesRankingLoss", [
      ...unknownOptions(options, [...KEYS, "temperature"]),
      options.scale !== undefined && temperature !== undefined
        ? "scale, temperature: give one, not both; one is 1 divided by the other"
        : null,
      oneOf("kind", kind, ["pair", "tuple"]),
      above(name, options[name] ?? scale, 0),
      flag("learnScale", learnScale),
      learnScale && scale > LARGEST_SCALE
        ? `${name}: a scale that is trained starts at ${LARGEST_SCALE} or below, got ${scale}`
        : null,
      flag("symmetric", symmetric),
    ]);
    this.kind = kind as K;
    this.distance = distanceNamed(distance);
    this.#options = Object.freeze({ scale, learnScale, symmetric });
    if (kind === "pair") {
      this.computeAgainst = (parameters, embeddings, targets, memory) =>
        this.#against(parameters, embeddings, targets, memory);
    }
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): MultipleNegativesRankingLoss<"pair" | "tuple"> {
    return new MultipleNegativesRankingLoss(
      savedOptions<MultipleNegativesRankingOptions<"pair" | "tuple">>("MultipleNegativesRankingLoss", config, KEYS),
    );
  }

  override get config(): JsonObject {
    return { kind: this.kind, ...this.#options, distance: savedDistance(this.distance) };
  }

  override initialize(_random: Random): Init {
    return this.#options.learnScale ? learnedScale(this.#options.scale) : { parameters: {} };
  }

  override compute(parameters: TensorTree, embeddings: tf.Tensor2D, targets: Targets<K>): LossValue {
    if (
      this.kind === "pair" &&
      !this.#options.learnScale &&
      !this.#options.symmetric &&
      this.distance instanceof Cosine
    )
      return this.#ofDirections(embeddings, targets as Targets<"pair">);
    const scale = this.#options.learnScale ? currentScale(parameters) : this.#options.scale;
    const logits = (left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D =>
      tf.mul(this.distance.similarity(this.distance.matrix(left, right)), scale);
    return this.kind === "pair"
      ? this.#ofPairs(logits, embeddings, targets as Targets<"pair">)
      : this.#ofTuples(logits, embeddings, targets as Targets<"tuple">);
  }

  /** Each a looks for its own b among remembered `b`s. */
  #against(
    parameters: TensorTree,
    embeddings: tf.Tensor2D,
    { labels }: Targets<"pair">,
    { embeddings: remembered, valid }: Memory,
  ): LossValue {
    const scale = this.#options.learnScale ? currentScale(parameters) : this.#options.scale;
    const scaled = <T extends tf.Tensor>(distances: T): T => tf.mul(this.distance.similarity(distances), scale) as T;
    const [a, b] = tf.split(embeddings, 2, 0) as [tf.Tensor2D, tf.Tensor2D];
    const answers = tf.expandDims(scaled(this.distance.pairs(a, b)), 1); // [p, 1]
    const present = tf.expandDims(tf.cast(valid, "float32"), 0); // [1, m]
    const rows = tf.where(tf.greater(tf.expandDims(valid, 1), 0), remembered, tf.zerosLike(remembered));
    // Of an excluded row nothing is left, whatever its similarity is.
    const wrong = tf.add(tf.mul(scaled(this.distance.matrix(a, rows)), present), tf.mul(tf.sub(1, present), EXCLUDED));
    // -log(exp(answer) / (exp(answer) + Σ exp(wrong))), so that no index of the answer is needed.
    const losses = tf.sub(tf.logSumExp(tf.concat([answers, wrong], 1), 1), tf.squeeze(answers, [1])) as tf.Tensor1D;
    const weights = tf.mul(tf.relu(labels), tf.max(present)) as tf.Tensor1D; // nothing remembered, nothing compared
    return { value: weightedMean(losses, weights), weight: tf.sum<tf.Scalar>(weights) };
  }

  /** The usual case, with the gradient of its own that is possible there. */
  #ofDirections(embeddings: tf.Tensor2D, { labels }: Targets<"pair">): LossValue {
    const { scale } = this.#options;
    const weights = tf.relu(labels);
    const map = linearOf(embeddings);
    const [a, b] = tf.split(embeddings, 2, 0) as [tf.Tensor2D, tf.Tensor2D];
    const losses =
      map !== null && isCheaperByMap(map) ? ownAnswersOfLinear(embeddings, map, scale) : ownAnswers(a, b, scale);
    return { value: weightedMean(losses, weights), weight: tf.sum<tf.Scalar>(weights) };
  }

  #ofPairs(logits: Logits, embeddings: tf.Tensor2D, { labels }: Targets<"pair">): LossValue {
    const [a, b] = tf.split(embeddings, 2, 0) as [tf.Tensor2D, tf.Tensor2D];
    const answers = samePosition(a.shape[0]);
    const found = logits(a, b);
    return this.#judge(tf.relu(labels), crossEntropy(found, answers), () => crossEntropy(tf.transpose(found), answers));
  }

  #ofTuples(logits: Logits, embeddings: tf.Tensor2D, targets: Targets<"tuple">): LossValue {
    const { positiveOwners, negativeOwners, scores } = targets;
    const [positiveCount, negativeCount] = [positiveOwners.shape[0], negativeOwners.shape[0]];
    const anchorCount = embeddings.shape[0] - positiveCount - negativeCount;
    const anchors = tf.slice(embeddings, [0, 0], [anchorCount, -1]);
    const candidates = tf.slice(embeddings, [anchorCount, 0], [positiveCount + negativeCount, -1]);
    const owners = equalPairs(positiveOwners, tf.range(0, anchorCount, 1, "int32")); // [P, anchors]
    const answers = samePosition(positiveCount); // [P, P]
    const siblings = tf.sub<tf.Tensor2D>(equalPairs(positiveOwners, positiveOwners), answers);
    const widen = (matrix: tf.Tensor2D): tf.Tensor2D =>
      tf.pad(matrix, [
        [0, 0],
        [0, negativeCount],
      ]);
    const found = tf.add<tf.Tensor2D>(
      logits(tf.matMul(owners, anchors), candidates),
      tf.mul(widen(siblings), EXCLUDED),
    );
    const positives = tf.slice(candidates, [0, 0], [positiveCount, -1]);
    const weights = tf.relu(tf.slice(scores, [0], [positiveCount]));
    return this.#judge(weights, crossEntropy(found, widen(answers)), () =>
      crossEntropy(logits(positives, anchors), owners),
    );
  }

  #judge(weights: tf.Tensor1D, there: tf.Tensor1D, back: () => tf.Tensor1D): LossValue {
    const weight = tf.sum<tf.Scalar>(weights);
    if (!this.#options.symmetric) return { value: weightedMean(there, weights), weight };
    const anchorToPositive = tf.mul(weightedMean(there, weights), 0.5) as tf.Scalar;
    const positiveToAnchor = tf.mul(weightedMean(back(), weights), 0.5) as tf.Scalar;
    return { value: tf.add(anchorToPositive, positiveToAnchor), weight, terms: { anchorToPositive, positiveToAnchor } };
  }
}

type Logits = (left: tf.Tensor2D, right: tf.Tensor2D) => tf.Tensor2D;
