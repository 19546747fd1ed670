import type { Targets } from "../lib/contracts/batch.js";
import type { Distance } from "../lib/contracts/distance.js";
import { SimilarityLoss, type LossValue, type Memory, type UsesMemory } from "../lib/contracts/loss.js";
import { distanceNamed, type DistanceName } from "../lib/distances/index.js";
import type { JsonObject } from "../lib/json.js";
import {
  largestInRow,
  masksAgainst,
  masksWithin,
  rowsWithAny,
  smallestInRow,
  type PairMasks,
} from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import { weightedMean } from "./average.js";
import { atLeast, oneOf, refuse, savedOptions } from "./options.js";
import { rememberedRows } from "./remembered.js";

/** Options of `OnlineContrastiveLoss`. */
export interface OnlineContrastiveOptions {
  /** Distance beyond which items of different groups cost nothing. Default 0.5. */
  readonly margin?: number;
  /** Every pair of the batch, or for each row only its farthest positive and its nearest negative. Default "hard". */
  readonly mining?: "hard" | "all";
  /** Default "cosine". */
  readonly distance?: DistanceName | Distance;
}

/**
 * Contrastive loss over the pairs that a batch of groups contains: the mean distance of pairs of one group plus the mean of
 * `max(0, margin - d)` over pairs of different groups, halved. With `"hard"` a row's farthest positive and nearest negative stand for
 * its pairs.
 *
 * An item is never paired with itself. A batch without a pair has loss 0 and gradient 0.
 */
export class OnlineContrastiveLoss extends SimilarityLoss<"group"> implements UsesMemory {
  static readonly type = "OnlineContrastiveLoss";
  readonly kind = "group";
  readonly separable = false;
  override readonly distance: Distance;
  readonly #margin: number;
  readonly #mining: "hard" | "all";

  constructor({ margin = 0.5, mining = "hard", distance = "cosine" }: OnlineContrastiveOptions = {}) {
    super();
    refuse("OnlineContrastiveLoss", [atLeast("margin", margin, 0), oneOf("mining", mining, ["hard", "all"])]);
    this.distance = distanceNamed(distance);
    this.#margin = margin;
    this.#mining = mining;
  }

  static from(config: JsonObject): OnlineContrastiveLoss {
    const keys = ["margin", "mining", "distance"] as const;
    return new OnlineContrastiveLoss(savedOptions<OnlineContrastiveOptions>("OnlineContrastiveLoss", config, keys));
  }

  override get config(): JsonObject {
    return { margin: this.#margin, mining: this.#mining, distance: this.distance.name };
  }

  override compute(_parameters: TensorTree, embeddings: tf.Tensor2D, { groups }: Targets<"group">): LossValue {
    return this.#judge(this.distance.matrix(embeddings, embeddings), masksWithin(groups));
  }

  /** The same for pairs of a row of the batch with a remembered row. */
  computeAgainst(
    _parameters: TensorTree,
    embeddings: tf.Tensor2D,
    { groups }: Targets<"group">,
    memory: Memory,
  ): LossValue {
    const distances = this.distance.matrix(embeddings, rememberedRows(memory));
    return this.#judge(distances, masksAgainst(groups, memory.groups, memory.valid));
  }

  #judge(distances: tf.Tensor2D, { positives, negatives }: PairMasks): LossValue {
    const hard = this.#mining === "hard";
    const together = hard ? largestInRow(distances, positives) : distances;
    const apart = hard ? smallestInRow(distances, negatives) : distances;
    const togetherCounts = hard ? rowsWithAny(positives) : positives;
    const apartCounts = hard ? rowsWithAny(negatives) : negatives;
    const positive = tf.mul(weightedMean(together, togetherCounts), 0.5) as tf.Scalar;
    const negative = tf.mul(weightedMean(tf.relu(tf.sub(this.#margin, apart)), apartCounts), 0.5) as tf.Scalar;
    return {
      value: tf.add(positive, negative),
      weight: tf.sum(tf.maximum(togetherCounts, apartCounts)),
      terms: { positive, negative },
    };
  }
}
