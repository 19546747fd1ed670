import type { Targets } from "../lib/contracts/batch.js";
import type { Distance } from "../lib/contracts/distance.js";
import { SimilarityLoss, type LossValue, type ScoreRange } from "../lib/contracts/loss.js";
import { above, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import { Cosine } from "../lib/distances/index.js";
import { ShapeError } from "../lib/errors.js";
import type { JsonObject } from "../lib/json.js";
import { unitRows } from "../lib/tensor/rows.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import { scoreOrder } from "./score-order.js";

/** Options of `AnglELoss`. */
export interface AnglEOptions {
  /** Similarities are multiplied by it. Default 20. */
  readonly scale?: number;
}

/**
 * `CoSENTLoss` over the difference of angles instead of the cosine, whose gradient vanishes where vectors point the same or opposite
 * ways. The first half of a row are real parts, the second imaginary ones; with `a = x + iy` and `b = z + iw` divided by their
 * lengths, the similarity of a pair is `|Σ Re(a / b) + Im(a / b)| = |x·z + y·w + y·z - x·w|`. Rows have an even width. A batch with
 * one score has loss 0.
 *
 * Li, Li, "AnglE-optimized Text Embeddings", 2023; the similarity is that of sentence-transformers.
 */
export class AnglELoss extends SimilarityLoss<"pair"> {
  /** Name it is saved by. */
  static readonly type = "AnglELoss";
  readonly kind = "pair";
  override readonly scoreRange: ScoreRange = [-Infinity, Infinity];
  readonly separable = false;
  override readonly distance: Distance = new Cosine();
  readonly #scale: number;

  constructor(options: AnglEOptions = {}) {
    super();
    const { scale = 20 } = options;
    refuse("AnglELoss", [...unknownOptions(options, ["scale"]), above("scale", scale, 0)]);
    this.#scale = scale;
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): AnglELoss {
    return new AnglELoss(savedOptions<AnglEOptions>("AnglELoss", config, ["scale"]));
  }

  override get config(): JsonObject {
    return { scale: this.#scale };
  }

  override compute(_: TensorTree, embeddings: tf.Tensor2D, { labels }: Targets<"pair">): LossValue {
    const size = embeddings.shape[1];
    if (size % 2 !== 0) throw new ShapeError("AnglELoss: embeddings", "[rows, an even width]", embeddings.shape);
    const [a, b] = tf.split(unitRows(embeddings), 2, 0) as [tf.Tensor2D, tf.Tensor2D];
    const [x, y] = tf.split(a, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
    const [z, w] = tf.split(b, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
    const real = tf.add(tf.mul(x, z), tf.mul(y, w));
    const imaginary = tf.sub(tf.mul(y, z), tf.mul(x, w));
    const similarities = tf.abs(tf.sum<tf.Tensor1D>(tf.add(real, imaginary), 1));
    return scoreOrder(tf.mul(similarities, this.#scale), labels);
  }
}
