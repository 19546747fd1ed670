import type { JsonObject } from "../lib/json.js";
import * as tf from "../lib/tensor/tf.js";
import { ProxyClassification } from "./proxy-classification.js";
import { proxyCosines } from "./proxy-loss.js";
import { positive, proxySettings, savedProxyOptions, type ProxyOptions, type ProxyTable } from "./proxy-options.js";

/** Options of `NormalizedSoftmaxLoss`. */
export interface NormalizedSoftmaxOptions extends ProxyOptions {
  /** Cosines are divided by it. Default 0.05. */
  readonly temperature?: number;
}

type Own = { readonly temperature: number };

const OWN: ProxyTable<Own> = { temperature: { default: 0.05, check: positive } };

/**
 * Learns to tell the groups apart by direction alone, with one trained vector a group: cross entropy of
 * `cos(x, kernel) / temperature`. Needs every group at training time. The same as `SoftmaxLoss` with `normalize`.
 *
 * Zhai, Wu, "Classification is a Strong Baseline for Deep Metric Learning", BMVC 2019.
 */
export class NormalizedSoftmaxLoss extends ProxyClassification<Own> {
  /** Name it is saved by. */
  static readonly type = "NormalizedSoftmaxLoss";

  constructor(options: NormalizedSoftmaxOptions) {
    super(proxySettings("NormalizedSoftmaxLoss", options, OWN));
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): NormalizedSoftmaxLoss {
    return new NormalizedSoftmaxLoss(savedProxyOptions<NormalizedSoftmaxOptions>("NormalizedSoftmaxLoss", config, OWN));
  }

  protected override logits(embeddings: tf.Tensor2D, kernel: tf.Tensor2D): tf.Tensor2D {
    return tf.div(proxyCosines(embeddings, kernel), this.settings.temperature);
  }
}
