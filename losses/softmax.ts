import type { Targets } from "../lib/contracts/batch.js";
import type { Distance } from "../lib/contracts/distance.js";
import { SimilarityLoss, type LossValue } from "../lib/contracts/loss.js";
import type { Init } from "../lib/contracts/part.js";
import { Cosine } from "../lib/distances/index.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import * as tf from "../lib/tensor/tf.js";
import { crossEntropy } from "./cross-entropy.js";
import { above, flag, refuse, savedOptions } from "./options.js";
import {
  countOf,
  groupColumns,
  normalProxies,
  proxyCosines,
  proxyProblems,
  type ProxyOptions,
  type ProxyParameters,
} from "./proxies.js";

/** Options of `SoftmaxLoss`. */
export interface SoftmaxOptions extends ProxyOptions {
  /** Logits are divided by it. Default 0.05. */
  readonly temperature?: number;
  /** Compare by cosine instead of inner product, so that only directions are learned. Default false. */
  readonly normalize?: boolean;
}

/**
 * Learns to tell the groups apart with one trained vector a group: cross entropy of `x · kernel / temperature`, or of
 * `cos(x, kernel) / temperature` when normalized. The classifier is thrown away; what stays is an embedding that separates groups.
 * Needs every group at training time.
 *
 * Zhai, Wu, "Classification is a Strong Baseline for Deep Metric Learning", BMVC 2019.
 */
export class SoftmaxLoss extends SimilarityLoss<"group", ProxyParameters> {
  static readonly type = "SoftmaxLoss";
  readonly kind = "group";
  readonly separable = true;
  override readonly closedVocabulary = true;
  override readonly distance: Distance = new Cosine();
  readonly #options: { embeddingSize: number; groups: number; temperature: number; normalize: boolean };

  constructor({ embeddingSize, groups, temperature = 0.05, normalize = false }: SoftmaxOptions) {
    super();
    refuse("SoftmaxLoss", [
      ...proxyProblems({ embeddingSize, groups }),
      above("temperature", temperature, 0),
      flag("normalize", normalize),
    ]);
    this.#options = Object.freeze({ embeddingSize, groups: countOf(groups), temperature, normalize });
  }

  static from(config: JsonObject): SoftmaxLoss {
    const keys = ["embeddingSize", "groups", "temperature", "normalize"] as const;
    return new SoftmaxLoss(savedOptions<SoftmaxOptions>("SoftmaxLoss", config, keys));
  }

  override get config(): JsonObject {
    return { ...this.#options };
  }

  override initialize(random: Random): Init {
    return normalProxies(random, this.#options.embeddingSize, this.#options.groups, 0.01);
  }

  override compute({ kernel }: ProxyParameters, embeddings: tf.Tensor2D, { groups }: Targets<"group">): LossValue {
    const { groups: count, temperature, normalize } = this.#options;
    const scores = normalize ? proxyCosines(embeddings, kernel) : tf.matMul(embeddings, kernel);
    const losses = crossEntropy(tf.div(scores, temperature), groupColumns(groups, count));
    return { value: tf.mean(losses), weight: tf.scalar(embeddings.shape[0]) };
  }
}
