import type { Targets } from "../lib/contracts/batch.js";
import type { LossValue } from "../lib/contracts/loss.js";
import { above, finite, refuse, savedOptions, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import type { Init } from "../lib/contracts/part.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import * as tf from "../lib/tensor/tf.js";
import { crossEntropy } from "./cross-entropy.js";
import {
  countOf,
  groupColumns,
  proxyCosines,
  proxyKernel,
  ProxyLoss,
  proxyProblems,
  type ProxyOptions,
  type ProxyParameters,
  type ProxySettings,
} from "./proxy-loss.js";
import { softNearestOfGroup } from "./several-proxies.js";

const KEYS = ["embeddingSize", "groups", "centers", "scale", "temperature", "margin"] as const;

/** Options of `SoftTripleLoss`. */
export interface SoftTripleOptions extends ProxyOptions {
  /** Trained vectors of each group. Default 10. */
  readonly centers?: number;
  /** Similarities to groups are multiplied by it (λ). Default 20. */
  readonly scale?: number;
  /** How sharply the nearest vector of a group is preferred (γ): smaller is sharper. Default 0.1. */
  readonly temperature?: number;
  /** Taken off the similarity to the own group (δ). Default 0.01. */
  readonly margin?: number;
}

type Settings = ProxySettings & {
  readonly centers: number;
  readonly scale: number;
  readonly temperature: number;
  readonly margin: number;
};

/**
 * Classification with several trained vectors a group, for groups that hold several clusters: the similarity to a group is
 * `S = Σₖ softmaxₖ(cosₖ / temperature) cosₖ` over its vectors, the loss cross entropy of `scale S`, with `scale (S - margin)` for the
 * own group. The kernel is `[embeddingSize, groups * centers]`, those of a group side by side. The paper's penalty that merges vectors
 * of a group is left out. Needs every group at training time.
 *
 * Qian, Shang, Sun, Hu, Li, Jin, "SoftTriple Loss: Deep Metric Learning Without Triplet Sampling", ICCV 2019.
 */
export class SoftTripleLoss extends ProxyLoss<Settings> {
  /** Name it is saved by. */
  static readonly type = "SoftTripleLoss";

  constructor(options: SoftTripleOptions) {
    const { embeddingSize, groups, centers = 10, scale = 20, temperature = 0.1, margin = 0.01 } = options;
    refuse("SoftTripleLoss", [
      ...unknownOptions(options, KEYS),
      ...proxyProblems(options),
      wholeNumber("centers", centers, 1),
      above("scale", scale, 0),
      above("temperature", temperature, 0),
      finite("margin", margin),
    ]);
    super({ embeddingSize, groups: countOf(groups), centers, scale, temperature, margin });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): SoftTripleLoss {
    return new SoftTripleLoss(savedOptions<SoftTripleOptions>("SoftTripleLoss", config, KEYS));
  }

  override initialize(random: Random): Init {
    const { embeddingSize, groups, centers } = this.settings;
    return proxyKernel(random, embeddingSize, groups * centers);
  }

  override compute({ kernel }: ProxyParameters, embeddings: tf.Tensor2D, { groups }: Targets<"group">): LossValue {
    const { groups: count, centers, scale, temperature, margin } = this.settings;
    const similarities = softNearestOfGroup(proxyCosines(embeddings, kernel), count, centers, temperature);
    const own = groupColumns(groups, count);
    const logits = tf.mul(tf.sub(similarities, tf.mul(own, margin)), scale) as tf.Tensor2D;
    return { value: tf.mean(crossEntropy(logits, own)), weight: tf.scalar(embeddings.shape[0]) };
  }
}
