import type { Targets } from "../lib/contracts/batch.js";
import type { Distance } from "../lib/contracts/distance.js";
import { SimilarityLoss, type LossValue, type ScoreRange } from "../lib/contracts/loss.js";
import { refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import { Cosine } from "../lib/distances/index.js";
import type { JsonObject } from "../lib/json.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";

/**
 * The cosine of each pair is to equal its score: `mean over pairs of (cos(a, b) - score)²`, with scores from -1 to 1. Use
 * it where scores are measurements on that scale; where only their order counts, use `CoSENTLoss`.
 *
 * Reimers, Gurevych, "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks", EMNLP 2019.
 */
export class CosineSimilarityLoss extends SimilarityLoss<"pair"> {
  /** Name it is saved by. */
  static readonly type = "CosineSimilarityLoss";
  readonly kind = "pair";
  override readonly scoreRange: ScoreRange = [-1, 1];
  readonly separable = true;
  override readonly distance: Distance = new Cosine();

  constructor(options: Readonly<Record<string, never>> = {}) {
    super();
    refuse("CosineSimilarityLoss", unknownOptions(options, []));
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is unknown.
   */
  static from(config: JsonObject): CosineSimilarityLoss {
    return new CosineSimilarityLoss(savedOptions<Record<string, never>>("CosineSimilarityLoss", config, []));
  }

  override get config(): JsonObject {
    return {};
  }

  override compute(_: TensorTree, embeddings: tf.Tensor2D, { labels }: Targets<"pair">): LossValue {
    const [a, b] = tf.split(embeddings, 2, 0) as [tf.Tensor2D, tf.Tensor2D];
    const cosines = this.distance.similarity(this.distance.pairs(a, b));
    return { value: tf.mean(tf.square(tf.sub(cosines, labels))), weight: tf.scalar(labels.shape[0]) };
  }
}
