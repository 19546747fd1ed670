import { refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import { equalPairs, rowsWithAny } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
import { withoutGradient } from "../lib/tensor/without-gradient.js";
import {
  DISTANCE_MATRIX_KEYS,
  DistanceMatrixLoss,
  type DistanceMatrixOptions,
  type Judgement,
} from "./distance-matrix-loss.js";
import { logSumExpInRow } from "./log-sum-exp.js";
import type { Comparison } from "./mining/comparison.js";
import type { Mined } from "./mining/miner.js";
import { miningProblems } from "./mining/registered.js";
import { unitsOf } from "./mining/units.js";

/** Options of `NPairsLoss`. */
export type NPairsOptions = DistanceMatrixOptions;

/**
 * Takes one pair of each group and teaches each anchor to find its positive among those of all other groups:
 * `log Σ_j exp(-d(aᵢ, pⱼ)) - (-d(aᵢ, pᵢ))`, averaged over groups. The pair is the first row of the group in the batch that has a
 * positive, with the first of its positives, so load two rows of each group.
 *
 * Inner products by default, as in the paper, which also keeps embeddings short; with cosine, logits never differ by more than 2, and
 * `NTXentLoss` or `MultipleNegativesRankingLoss`, which scale them, learn more. `O(n²)` for n rows.
 *
 * Sohn, "Improved Deep Metric Learning with Multi-class N-pair Loss Objective", NeurIPS 2016.
 */
export class NPairsLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "NPairsLoss";

  constructor(options: NPairsOptions = {}) {
    refuse("NPairsLoss", [...unknownOptions(options, DISTANCE_MATRIX_KEYS), ...miningProblems(options)]);
    super(options, { distance: "dot-product" });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): NPairsLoss {
    return new NPairsLoss(savedOptions<NPairsOptions>("NPairsLoss", config, DISTANCE_MATRIX_KEYS));
  }

  override get config(): JsonObject {
    return this.sharedConfig;
  }

  protected override judge(distances: tf.Tensor2D, masks: Mined, { groups }: Comparison): Judgement {
    const { anchors, answers, candidates } = withoutGradient(
      () => tf.tidy(() => chosen(masks, groups) as never) as Chosen,
    );
    const logits = tf.neg(distances);
    const right = tf.sum(tf.mul(logits, answers), 1);
    return { terms: { groups: unitsOf(tf.sub(logSumExpInRow(logits, candidates), right), anchors) } };
  }
}

interface Chosen {
  /** `[n]`, the rows that are anchors. */
  readonly anchors: tf.Tensor1D;
  /** `[n, m]`, the positive of each. */
  readonly answers: tf.Tensor2D;
  /** `[n, m]`, all that it is to be found among. */
  readonly candidates: tf.Tensor2D;
}

function chosen({ positives, negatives }: Mined, groups: tf.Tensor1D): Chosen {
  const together = tf.step(positives);
  const able = rowsWithAny(positives);
  const positions = tf.range(0, groups.shape[0], 1, "float32");
  const earlier = tf.step(tf.sub(tf.expandDims(positions, 1), tf.expandDims(positions, 0))); // [n, n]
  const forestalled = tf.matMul(tf.mul<tf.Tensor2D>(equalPairs(groups, groups), earlier), tf.expandDims(able, 1));
  const anchors = tf.mul<tf.Tensor1D>(able, tf.sub(1, tf.step(tf.squeeze(forestalled, [1]))));
  const first = tf.mul(together, tf.sub(1, tf.step(tf.cumsum(together, 1, true))));
  const answers = tf.mul<tf.Tensor2D>(first, tf.expandDims(anchors, 1));
  const taken = tf.step(tf.sum(answers, 0, true)); // [1, m]
  return { anchors, answers, candidates: tf.add(answers, tf.mul(tf.step(negatives), taken)) };
}
