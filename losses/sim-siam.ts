import type { Targets } from "../lib/contracts/batch.js";
import type { Distance } from "../lib/contracts/distance.js";
import { SimilarityLoss, type LossValue } from "../lib/contracts/loss.js";
import { count, refuse, requireOptions, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { Init } from "../lib/contracts/part.js";
import { Cosine } from "../lib/distances/index.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import { hostTensor } from "../lib/tensor/host.js";
import * as tf from "../lib/tensor/tf.js";
import { withoutGradient } from "../lib/tensor/without-gradient.js";

const KEYS = ["embeddingSize", "hiddenSize"] as const;

/** Keeps the slope of a column that is the same in all rows finite. */
const EPSILON = 1e-5;

/** Options of `SimSiamLoss`; `configureLoss({ embeddingSize })` gives the width. */
export interface SimSiamOptions {
  /** Width of the embeddings. */
  readonly embeddingSize: number;
  /** Width of the predictor's hidden layer. Default a quarter of the embeddings'. */
  readonly hiddenSize?: number;
}

/** The predictor. */
export type SimSiamParameters = {
  /** `[embeddingSize, hiddenSize]`. */
  readonly hidden: tf.Tensor2D;
  /** `[hiddenSize]`, of the normalized hidden layer. */
  readonly scale: tf.Tensor1D;
  /** `[hiddenSize]`. */
  readonly shift: tf.Tensor1D;
  /** `[hiddenSize, embeddingSize]`. */
  readonly output: tf.Tensor2D;
  /** `[embeddingSize]`. */
  readonly bias: tf.Tensor1D;
};

/**
 * Two views of the same items, without negatives and without large batches: a small trained predictor h is to say the embedding of one
 * view from that of the other, which it is told as a constant: `½ (1 - cos(h(a), b)) + ½ (1 - cos(h(b), a))`, averaged over pairs, with
 * a gradient through `h(a)` and `h(b)` alone. That no gradient goes to the side that is told keeps rows from becoming equal. h is a
 * linear map, normalization over the batch, relu, and a linear map; it is thrown away afterwards.
 *
 * Every pair counts as two views of one item; scores are not read. The value is not what falls along the gradient: watch a metric.
 *
 * Chen, He, "Exploring Simple Siamese Representation Learning", CVPR 2021.
 */
export class SimSiamLoss extends SimilarityLoss<"pair", SimSiamParameters> {
  /** Name it is saved by. */
  static readonly type = "SimSiamLoss";
  readonly kind = "pair";
  readonly separable = false;
  override readonly distance: Distance = new Cosine();
  readonly #sizes: Required<SimSiamOptions>;

  constructor(options: SimSiamOptions) {
    super();
    requireOptions("SimSiamLoss", options, "options such as { embeddingSize }");
    const { embeddingSize, hiddenSize = Math.max(1, Math.floor(embeddingSize / 4)) } = options;
    refuse("SimSiamLoss", [
      ...unknownOptions(options, KEYS),
      count("embeddingSize", embeddingSize),
      count("hiddenSize", hiddenSize),
    ]);
    this.#sizes = Object.freeze({ embeddingSize, hiddenSize });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): SimSiamLoss {
    return new SimSiamLoss(savedOptions<SimSiamOptions>("SimSiamLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#sizes };
  }

  override initialize(random: Random): Init {
    const { embeddingSize, hiddenSize } = this.#sizes;
    const layer = (from: number, to: number, gain: number): ReturnType<typeof hostTensor> =>
      hostTensor(random.normals(from * to, 0, Math.sqrt(gain / from)), [from, to]);
    return {
      parameters: {
        hidden: layer(embeddingSize, hiddenSize, 1),
        scale: hostTensor(new Float32Array(hiddenSize).fill(1), [hiddenSize]),
        shift: hostTensor(new Float32Array(hiddenSize), [hiddenSize]),
        output: layer(hiddenSize, embeddingSize, 2),
        bias: hostTensor(new Float32Array(embeddingSize), [embeddingSize]),
      },
    };
  }

  override compute(parameters: SimSiamParameters, embeddings: tf.Tensor2D, { labels }: Targets<"pair">): LossValue {
    const [a, b] = tf.split(embeddings, 2, 0) as [tf.Tensor2D, tf.Tensor2D];
    const [toldA, toldB] = withoutGradient(() => [tf.clone(a), tf.clone(b)] as const);
    const missed = tf.add(
      this.distance.pairs(predict(parameters, a), toldB),
      this.distance.pairs(predict(parameters, b), toldA),
    );
    return { value: tf.div(tf.mean(missed), 2), weight: tf.scalar(labels.shape[0]) };
  }
}

function predict({ hidden, scale, shift, output, bias }: SimSiamParameters, rows: tf.Tensor2D): tf.Tensor2D {
  const inner = tf.matMul<tf.Tensor2D>(rows, hidden);
  const deviations = tf.sub(inner, tf.mean(inner, 0, true));
  const variance = tf.mean(tf.square(deviations), 0, true);
  const normalized = tf.mul(deviations, tf.rsqrt(tf.add(variance, EPSILON)));
  return tf.add(tf.matMul(tf.relu(tf.add(tf.mul(normalized, scale), shift)), output), bias);
}
