import { flag } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import * as tf from "../lib/tensor/tf.js";
import { ProxyClassification } from "./proxy-classification.js";
import { proxyCosines } from "./proxy-loss.js";
import { positive, proxySettings, savedProxyOptions, type ProxyOptions, type ProxyTable } from "./proxy-options.js";

/** Options of `SoftmaxLoss`. */
export interface SoftmaxOptions extends ProxyOptions {
  /** Logits are divided by it. Default 0.05. */
  readonly temperature?: number;
  /** Compare by cosine instead of inner product, so that only directions are learned. Default false. */
  readonly normalize?: boolean;
}

type Own = { readonly temperature: number; readonly normalize: boolean };

const OWN: ProxyTable<Own> = {
  temperature: { default: 0.05, check: positive },
  normalize: { default: false, check: flag },
};

/**
 * Learns to tell the groups apart with one trained vector a group: cross entropy of `x · kernel / temperature`, or of
 * `cos(x, kernel) / temperature` when normalized. The classifier is thrown away; what stays is an embedding that separates groups.
 * Needs every group at training time.
 *
 * Zhai, Wu, "Classification is a Strong Baseline for Deep Metric Learning", BMVC 2019.
 */
export class SoftmaxLoss extends ProxyClassification<Own> {
  /** Name it is saved by. */
  static readonly type = "SoftmaxLoss";

  constructor(options: SoftmaxOptions) {
    super(proxySettings("SoftmaxLoss", options, OWN));
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): SoftmaxLoss {
    return new SoftmaxLoss(savedProxyOptions<SoftmaxOptions>("SoftmaxLoss", config, OWN));
  }

  protected override logits(embeddings: tf.Tensor2D, kernel: tf.Tensor2D): tf.Tensor2D {
    const { temperature, normalize } = this.settings;
    return tf.div(normalize ? proxyCosines(embeddings, kernel) : tf.matMul(embeddings, kernel), temperature);
  }
}
