import type { Targets } from "../lib/contracts/batch.js";
import type { Distance } from "../lib/contracts/distance.js";
import { SimilarityLoss, type LossValue, type ScoreRange } from "../lib/contracts/loss.js";
import { above, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import { Cosine } from "../lib/distances/index.js";
import type { JsonObject } from "../lib/json.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import { scoreOrder } from "./score-order.js";

/** Options of `CoSENTLoss`. */
export interface CoSENTOptions {
  /** Similarities are multiplied by it. Default 20. */
  readonly scale?: number;
}

/**
 * Pairs are to be ordered by cosine as they are by score: `log(1 + Σ exp(scale (cos(pairⱼ) - cos(pairᵢ))))` over all pairs of pairs
 * with `scoreᵢ > scoreⱼ`. Scores are any numbers, such as 0 to 5; only their order counts. A batch with one score has loss 0.
 *
 * Su, "CoSENT: A more efficient sentence vector scheme than Sentence-BERT", 2022.
 */
export class CoSENTLoss extends SimilarityLoss<"pair"> {
  /** Name it is saved by. */
  static readonly type = "CoSENTLoss";
  readonly kind = "pair";
  override readonly scoreRange: ScoreRange = [-Infinity, Infinity];
  readonly separable = false;
  override readonly distance: Distance = new Cosine();
  readonly #scale: number;

  constructor(options: CoSENTOptions = {}) {
    super();
    const { scale = 20 } = options;
    refuse("CoSENTLoss", [...unknownOptions(options, ["scale"]), above("scale", scale, 0)]);
    this.#scale = scale;
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): CoSENTLoss {
    return new CoSENTLoss(savedOptions<CoSENTOptions>("CoSENTLoss", config, ["scale"]));
  }

  override get config(): JsonObject {
    return { scale: this.#scale };
  }

  override compute(_: TensorTree, embeddings: tf.Tensor2D, { labels }: Targets<"pair">): LossValue {
    const [a, b] = tf.split(embeddings, 2, 0) as [tf.Tensor2D, tf.Tensor2D];
    const cosines = this.distance.similarity(this.distance.pairs(a, b));
    return scoreOrder(tf.mul(cosines, this.#scale), labels);
  }
}
