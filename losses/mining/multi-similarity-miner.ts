import { atLeast, refuse, savedOptions, unknownOptions } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import type { PairMasks } from "../../lib/tensor/masks.js";
import * as tf from "../../lib/tensor/tf.js";
import { any, farthest, nearest } from "./in-rows.js";
import { Miner, type Mined } from "./miner.js";

const KEYS = ["epsilon"] as const;

/** Options of `MultiSimilarityMiner`. */
export interface MultiSimilarityMinerOptions {
  /** In the scale of the loss's distance; for cosine also that of similarity. Default 0.1. */
  readonly epsilon?: number;
}

/**
 * Negatives that are nearer than the farthest positive plus epsilon, and positives that are farther than the nearest negative minus
 * epsilon: pairs that are well apart already are left out.
 *
 * Wang et al., "Multi-Similarity Loss with General Pair Weighting for Deep Metric Learning", CVPR 2019.
 */
export class MultiSimilarityMiner extends Miner {
  /** Name it is saved by. */
  static readonly type = "MultiSimilarityMiner";
  readonly #epsilon: number;

  constructor(options: MultiSimilarityMinerOptions = {}) {
    super();
    const { epsilon = 0.1 } = options;
    refuse("MultiSimilarityMiner", [...unknownOptions(options, KEYS), atLeast("epsilon", epsilon, 0)]);
    this.#epsilon = epsilon;
  }

  static from(config: JsonObject): MultiSimilarityMiner {
    return new MultiSimilarityMiner(savedOptions<MultiSimilarityMinerOptions>("MultiSimilarityMiner", config, KEYS));
  }

  override get config(): JsonObject {
    return { epsilon: this.#epsilon };
  }

  override mine(distances: tf.Tensor2D, { positives, negatives }: PairMasks): Mined {
    const both = tf.mul(any(positives), any(negatives));
    const reach = tf.add(farthest(distances, positives), this.#epsilon);
    const start = tf.sub(nearest(distances, negatives), this.#epsilon);
    return {
      positives: tf.mul(tf.mul(positives, both), tf.step(tf.sub(distances, start))),
      negatives: tf.mul(tf.mul(negatives, both), tf.step(tf.sub(reach, distances))),
    };
  }
}
