import type { JsonObject } from "../lib/json.js";
import * as tf from "../lib/tensor/tf.js";
import { ProxyClassification } from "./proxy-classification.js";
import { proxyCosines } from "./proxy-loss.js";
import { positive, proxySettings, savedProxyOptions, type ProxyOptions, type ProxyTable } from "./proxy-options.js";

/** Options of `ProxyNCALoss`. */
export interface ProxyNCAOptions extends ProxyOptions {
  /** Squared distances are multiplied by it. Default 1; the larger, the surer of the nearest proxy. */
  readonly scale?: number;
}

type Own = { readonly scale: number };

const OWN: ProxyTable<Own> = { scale: { default: 1, check: positive } };

/**
 * Each embedding is to be nearer to the trained vector of its group than to those of all others: cross entropy of `-scale |x - p|²`
 * over the proxies p, embeddings and proxies of length 1, where `|x - p|² = 2 - 2 cos(x, p)`. The own proxy is in the sum too, so that
 * the loss is never negative. Needs every group at training time.
 *
 * Movshovitz-Attias et al., "No Fuss Distance Metric Learning using Proxies", ICCV 2017; own proxy in the sum: Teh, DeVries, Taylor,
 * "ProxyNCA++", ECCV 2020.
 */
export class ProxyNCALoss extends ProxyClassification<Own> {
  /** Name it is saved by. */
  static readonly type = "ProxyNCALoss";

  constructor(options: ProxyNCAOptions) {
    super(proxySettings("ProxyNCALoss", options, OWN));
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): ProxyNCALoss {
    return new ProxyNCALoss(savedProxyOptions<ProxyNCAOptions>("ProxyNCALoss", config, OWN));
  }

  protected override logits(embeddings: tf.Tensor2D, kernel: tf.Tensor2D): tf.Tensor2D {
    return tf.mul(proxyCosines(embeddings, kernel), 2 * this.settings.scale); // -scale |x - p|², but for a constant
  }
}
