import { above, finite, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import { rowsWithAny } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
import {
  DISTANCE_MATRIX_KEYS,
  DistanceMatrixLoss,
  type DistanceMatrixOptions,
  type Judgement,
} from "./distance-matrix-loss.js";
import { logSumExpInRow } from "./log-sum-exp.js";
import type { Mined } from "./mining/miner.js";
import { miningProblems } from "./mining/registered.js";
import { unitsOf } from "./mining/units.js";

const KEYS = ["alpha", "beta", "base", ...DISTANCE_MATRIX_KEYS] as const;

/** Options of `MultiSimilarityLoss`. */
export interface MultiSimilarityOptions extends DistanceMatrixOptions {
  /** How sharply positives are told apart: the larger, the more the farthest count. Default 2. */
  readonly alpha?: number;
  /** The same for negatives and the nearest. Default 50. */
  readonly beta?: number;
  /** Similarity between those of positives and those of negatives, on the scale of the distance's `similarity`. Default 0.5. */
  readonly base?: number;
}

/**
 * Weighs every pair by how it compares with the other pairs of its row: for each row with similarities s, averaged over rows,
 * `1/α log(1 + Σ_positives exp(-α (s - base))) + 1/β log(1 + Σ_negatives exp(β (s - base)))`.
 *
 * A row that has neither a positive nor a negative does not count. `O(n²)` for n rows.
 *
 * Wang, Han, Huang, Dong, Scott, "Multi-Similarity Loss with General Pair Weighting for Deep Metric Learning", CVPR 2019.
 */
export class MultiSimilarityLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "MultiSimilarityLoss";
  readonly #options: { readonly alpha: number; readonly beta: number; readonly base: number };

  constructor(options: MultiSimilarityOptions = {}) {
    const { alpha = 2, beta = 50, base = 0.5 } = options;
    refuse("MultiSimilarityLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems(options),
      above("alpha", alpha, 0),
      above("beta", beta, 0),
      finite("base", base),
    ]);
    super(options);
    this.#options = Object.freeze({ alpha, beta, base });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): MultiSimilarityLoss {
    return new MultiSimilarityLoss(savedOptions<MultiSimilarityOptions>("MultiSimilarityLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options, ...this.sharedConfig };
  }

  protected override judge(distances: tf.Tensor2D, { positives, negatives }: Mined): Judgement {
    const { alpha, beta, base } = this.#options;
    const similarity = this.distance.similarity(distances);
    const pull = logSumExpInRow(similarity, tf.step(positives), { withOne: true, scale: -alpha, base });
    const push = logSumExpInRow(similarity, tf.step(negatives), { withOne: true, scale: beta, base });
    const losses = tf.add(tf.div(pull, alpha), tf.div(push, beta));
    return { terms: { rows: unitsOf(losses, rowsWithAny(tf.add(positives, negatives))) } };
  }
}
