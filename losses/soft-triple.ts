import { count, finite } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import * as tf from "../lib/tensor/tf.js";
import { ProxyClassification } from "./proxy-classification.js";
import { proxyCosines } from "./proxy-loss.js";
import { positive, proxySettings, savedProxyOptions, type ProxyOptions, type ProxyTable } from "./proxy-options.js";
import { softNearestOfGroup } from "./several-proxies.js";

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

type Own = {
  readonly centers: number;
  readonly scale: number;
  readonly temperature: number;
  readonly margin: number;
};

const OWN: ProxyTable<Own> = {
  centers: { default: 10, check: count },
  scale: { default: 20, check: positive },
  temperature: { default: 0.1, check: positive },
  margin: { default: 0.01, check: finite },
};

/**
 * Classification with several trained vectors a group, for groups that hold several clusters: the similarity to a group is
 * `S = Σₖ softmaxₖ(cosₖ / temperature) cosₖ` over its vectors, the loss cross entropy of `scale S`, with `scale (S - margin)` for the
 * own group. The kernel is `[embeddingSize, groups * centers]`, those of a group side by side. The paper's penalty that merges vectors
 * of a group is left out. Needs every group at training time.
 *
 * Qian, Shang, Sun, Hu, Li, Jin, "SoftTriple Loss: Deep Metric Learning Without Triplet Sampling", ICCV 2019.
 */
export class SoftTripleLoss extends ProxyClassification<Own> {
  /** Name it is saved by. */
  static readonly type = "SoftTripleLoss";

  constructor(options: SoftTripleOptions) {
    super(proxySettings("SoftTripleLoss", options, OWN));
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): SoftTripleLoss {
    return new SoftTripleLoss(savedProxyOptions<SoftTripleOptions>("SoftTripleLoss", config, OWN));
  }

  protected override get columns(): number {
    return this.settings.groups * this.settings.centers;
  }

  protected override logits(embeddings: tf.Tensor2D, kernel: tf.Tensor2D, own: tf.Tensor2D): tf.Tensor2D {
    const { groups, centers, scale, temperature, margin } = this.settings;
    const similarities = softNearestOfGroup(proxyCosines(embeddings, kernel), groups, centers, temperature);
    return tf.mul(tf.sub(similarities, tf.mul(own, margin)), scale);
  }
}
