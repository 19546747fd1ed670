import { atLeast, finite, flag, refuse, savedOptions, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import type { Init } from "../lib/contracts/part.js";
import type { Group } from "../lib/contracts/samples.js";
import { Lp } from "../lib/distances/index.js";
import type { JsonObject } from "../lib/json.js";
import { hostScalar, hostTensor } from "../lib/tensor/host.js";
import { rowsWithAny } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import {
  DISTANCE_MATRIX_KEYS,
  DistanceMatrixLoss,
  type DistanceMatrixOptions,
  type Judgement,
} from "./distance-matrix-loss.js";
import { AverageNonZeroReducer } from "./mining/average-non-zero-reducer.js";
import type { Comparison } from "./mining/comparison.js";
import type { Mined } from "./mining/miner.js";
import { miningProblems } from "./mining/registered.js";
import { unitsOf, type Units } from "./mining/units.js";
import { groupColumns } from "./proxy-loss.js";
import { countOf } from "./proxy-options.js";

const KEYS = ["margin", "beta", "learnBeta", "groups", "nu", ...DISTANCE_MATRIX_KEYS] as const;

/** Options of `MarginLoss`. */
export interface MarginOptions extends DistanceMatrixOptions {
  /** How far on its side of the boundary a pair must be to cost nothing. Default 0.2. */
  readonly margin?: number;
  /** The boundary between distances of positives and of negatives, or where it starts. Default 1.2, for rows of length 1. */
  readonly beta?: number;
  /** Train the boundary with the model. Default false. */
  readonly learnBeta?: boolean;
  /** With `learnBeta`: groups of the train loader, or their number, to train a boundary for each. Default null, one for all. */
  readonly groups?: number | readonly Group[] | null;
  /** With `learnBeta`: weight of the boundary itself in the loss, which keeps it small. Default 0. */
  readonly nu?: number;
}

/**
 * Keeps positives nearer than a boundary β and negatives farther, each by a margin: `max(0, d - β + margin)` for positive pairs and
 * `max(0, β - d + margin)` for negative ones. Unlike a triplet loss it fixes where the boundary lies, or learns it: one for all groups
 * or one for each, the anchor's. A group that has none of its own, as groups of validation data, uses the start value.
 *
 * Without a miner every pair counts as often as its row has triplets with it, so that both sides weigh the same; with one, as often as
 * the miner chose it; `DistanceWeightedMiner` is the paper's. Averaged over pairs with a loss above zero; learned boundaries add
 * `nu` times their mean over the rows that have both kinds of pairs. `O(n²)` for n rows. Euclidean distances of rows divided by their length by default.
 *
 * Wu, Manmatha, Smola, Krähenbühl, "Sampling Matters in Deep Embedding Learning", ICCV 2017.
 */
export class MarginLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "MarginLoss";
  readonly #options: { margin: number; beta: number; learnBeta: boolean; groups: number | null; nu: number };

  constructor(options: MarginOptions = {}) {
    const { margin = 0.2, beta = 1.2, learnBeta = false, groups = null, nu = 0 } = options;
    const count = groups === null ? null : countOf(groups);
    refuse("MarginLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems(options),
      atLeast("margin", margin, 0),
      finite("beta", beta),
      flag("learnBeta", learnBeta),
      count === null ? null : wholeNumber("groups", count, 1),
      atLeast("nu", nu, 0),
      !learnBeta && count !== null ? "groups: boundaries of groups are for learnBeta: true" : null,
      !learnBeta && nu > 0 ? "nu: a weight of the boundary is for learnBeta: true" : null,
    ]);
    super(options, { distance: new Lp({ normalize: true }), reducer: new AverageNonZeroReducer() });
    this.#options = Object.freeze({ margin, beta, learnBeta, groups: count, nu });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): MarginLoss {
    return new MarginLoss(savedOptions<MarginOptions>("MarginLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options, ...this.sharedConfig };
  }

  override initialize(): Init {
    const { beta, learnBeta, groups } = this.#options;
    if (!learnBeta) return { parameters: {} };
    const start = groups === null ? hostScalar(beta) : hostTensor(new Float32Array(groups).fill(beta), [groups]);
    return { parameters: { beta: start } };
  }

  protected override judge(
    distances: tf.Tensor2D,
    { positives, negatives }: Mined,
    { groups }: Comparison,
    parameters: TensorTree,
  ): Judgement {
    const { margin, learnBeta, nu } = this.#options;
    const boundary = this.#boundary(groups, parameters); // [n, 1]
    const beyond = tf.sub(distances, boundary);
    const ofRow = (mask: tf.Tensor2D): tf.Tensor => tf.sum(mask, 1, true);
    const every = this.miner === null;
    const pull = every ? tf.mul(positives, ofRow(negatives)) : positives;
    const push = every ? tf.mul(negatives, ofRow(positives)) : negatives;
    // A pair is of one kind only, so that one matrix holds the losses of both.
    const signs = tf.sub(tf.step(positives), tf.step(negatives));
    const losses = tf.relu(tf.add(tf.mul(beyond, signs), margin));
    const pairs = unitsOf(losses, tf.add(pull, push));
    if (!learnBeta || nu === 0) return { terms: { pairs } };
    const rows = tf.mul(rowsWithAny(positives), rowsWithAny(negatives));
    const regularization: Units = unitsOf(tf.mul(tf.mul(tf.squeeze(boundary, [1]), tf.onesLike(rows)), nu), rows);
    return { terms: { pairs, regularization } };
  }

  /** `[n, 1]` or `[1, 1]`, the boundary of each row. */
  #boundary(groups: tf.Tensor1D, { beta }: TensorTree): tf.Tensor2D {
    const { beta: start, learnBeta, groups: count } = this.#options;
    if (!learnBeta) return tf.fill([1, 1], start);
    if (count === null) return tf.reshape(beta as tf.Scalar, [1, 1]);
    const own = groupColumns(groups, count); // [n, count]
    const missing = tf.sub(1, tf.sum(own, 1, true));
    return tf.add(tf.matMul(own, tf.reshape(beta as tf.Tensor1D, [count, 1])), tf.mul(missing, start));
  }
}
