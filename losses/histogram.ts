import { refuse, savedOptions, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import * as tf from "../lib/tensor/tf.js";
import {
  DISTANCE_MATRIX_KEYS,
  DistanceMatrixLoss,
  type DistanceMatrixOptions,
  type Judgement,
} from "./distance-matrix-loss.js";
import type { Mined } from "./mining/miner.js";
import { miningProblems } from "./mining/registered.js";
import { unitsOf } from "./mining/units.js";
import { softHistogram } from "./soft-histogram.js";

const KEYS = ["bins", ...DISTANCE_MATRIX_KEYS] as const;

/** Options of `HistogramLoss`. */
export interface HistogramOptions extends DistanceMatrixOptions {
  /** Bins of similarity from -1 to 1. Default 100. */
  readonly bins?: number;
}

/**
 * The probability that a negative pair is more similar than a positive one: with p⁺ and p⁻ the histograms of the similarities of
 * positive and negative pairs, `Σ_bins p⁻(bin) Σ_bins up to it p⁺`. Has no margin to tune; wants batches large enough for histograms.
 *
 * Made for similarities from -1 to 1, such as cosines; others count at the ends. The loss of an anchor is the mean over its negatives.
 * `O(n²)` for n rows, whatever the number of bins.
 *
 * Ustinova, Lempitsky, "Learning Deep Embeddings with Histogram Loss", NeurIPS 2016.
 */
export class HistogramLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "HistogramLoss";
  readonly #bins: number;

  constructor(options: HistogramOptions = {}) {
    const { bins = 100 } = options;
    refuse("HistogramLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems(options),
      wholeNumber("bins", bins, 1),
    ]);
    super(options);
    this.#bins = bins;
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): HistogramLoss {
    return new HistogramLoss(savedOptions<HistogramOptions>("HistogramLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { bins: this.#bins, ...this.sharedConfig };
  }

  protected override judge(distances: tf.Tensor2D, { positives, negatives }: Mined): Judgement {
    const range = { from: -1, to: 1, bins: this.#bins };
    const similarity = this.distance.similarity(distances);
    const together = tf.sum(softHistogram(similarity, positives, range), 0, true); // [1, bins + 1]
    const count = tf.sum<tf.Scalar>(positives);
    const below = tf.div(tf.cumsum(together, 1), tf.maximum(count, 1)); // share of positives that are less similar
    const apart = softHistogram(similarity, negatives, range); // [n, bins + 1]
    const ofRow = tf.sum(negatives, 1);
    const losses = tf.div(tf.sum(tf.mul(apart, below), 1), tf.maximum(ofRow, 1));
    return { terms: { negatives: unitsOf(losses, tf.mul(ofRow, tf.step(count))) } };
  }
}
