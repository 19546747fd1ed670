import type { Targets } from "../lib/contracts/batch.js";
import type { Distance } from "../lib/contracts/distance.js";
import { SimilarityLoss, type LossValue } from "../lib/contracts/loss.js";
import { atLeast, flag, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import { distanceNamed, savedDistance, type DistanceChoice } from "../lib/distances/index.js";
import type { JsonObject } from "../lib/json.js";
import { equalPairs, rowsWithAny, smallestInRow } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";

const KEYS = ["margin", "acrossSubgroups", "distance"] as const;

/** Options of `ContrastiveLoss`. */
export interface ContrastiveOptions {
  /** Distance beyond which dissimilar items cost nothing. Default 0.5. */
  readonly margin?: number;
  /** Also push every item away from the nearest item of another subgroup. Costs a distance matrix of the batch. Default true. */
  readonly acrossSubgroups?: boolean;
  /** Default "cosine". */
  readonly distance?: DistanceChoice;
}

/**
 * Pulls similar pairs together and pushes dissimilar ones past a margin: `½ (s d² + (1 - s) max(0, margin - d)²)` with score s,
 * averaged over pairs. When a batch has several subgroups, each end of a pair adds `max(0, margin - d)²` for the nearest item of
 * another subgroup; with one subgroup, the default, it adds nothing.
 *
 * Hadsell, Chopra, LeCun, "Dimensionality Reduction by Learning an Invariant Mapping", CVPR 2006.
 */
export class ContrastiveLoss extends SimilarityLoss<"pair"> {
  /** Name it is saved by. */
  static readonly type = "ContrastiveLoss";
  readonly kind = "pair";
  override readonly distance: Distance;
  readonly #margin: number;
  readonly #acrossSubgroups: boolean;

  constructor(options: ContrastiveOptions = {}) {
    super();
    const { margin = 0.5, acrossSubgroups = true, distance = "cosine" } = options;
    refuse("ContrastiveLoss", [
      ...unknownOptions(options, KEYS),
      atLeast("margin", margin, 0),
      flag("acrossSubgroups", acrossSubgroups),
    ]);
    this.distance = distanceNamed(distance);
    this.#margin = margin;
    this.#acrossSubgroups = acrossSubgroups;
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): ContrastiveLoss {
    return new ContrastiveLoss(savedOptions<ContrastiveOptions>("ContrastiveLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { margin: this.#margin, acrossSubgroups: this.#acrossSubgroups, distance: savedDistance(this.distance) };
  }

  /** True without the term across subgroups, which compares all items of the batch. */
  override get separable(): boolean {
    return !this.#acrossSubgroups;
  }

  override compute(
    _parameters: TensorTree,
    embeddings: tf.Tensor2D,
    { labels, subgroups }: Targets<"pair">,
  ): LossValue {
    const [a, b] = tf.split(embeddings, 2, 0) as [tf.Tensor2D, tf.Tensor2D];
    const count = a.shape[0];
    const distances = this.distance.pairs(a, b);
    const apart = tf.square(tf.relu(tf.sub(this.#margin, distances)));
    const losses = tf.add(tf.mul(labels, tf.square(distances)), tf.mul(tf.sub(1, labels), apart));
    const pairs = tf.mul(tf.mean(losses), 0.5) as tf.Scalar;
    const weight = tf.scalar(count);
    if (!this.#acrossSubgroups) return { value: pairs, weight };
    const across = tf.div(this.#crossing(embeddings, subgroups), count) as tf.Scalar;
    return { value: tf.add(pairs, across), weight, terms: { pairs, acrossSubgroups: across } };
  }

  /** Sum over all items of the loss against the nearest of another subgroup. */
  #crossing(embeddings: tf.Tensor2D, subgroups: tf.Tensor1D): tf.Scalar {
    const others = tf.sub<tf.Tensor2D>(1, equalPairs(subgroups, subgroups));
    const nearest = smallestInRow(this.distance.matrix(embeddings, embeddings), others);
    return tf.sum(tf.mul(tf.square(tf.relu(tf.sub(this.#margin, nearest))), rowsWithAny(others)));
  }
}
