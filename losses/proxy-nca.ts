import type { Targets } from "../lib/contracts/batch.js";
import type { LossValue } from "../lib/contracts/loss.js";
import { above, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import * as tf from "../lib/tensor/tf.js";
import { crossEntropy } from "./cross-entropy.js";
import {
  countOf,
  groupColumns,
  proxyCosines,
  ProxyLoss,
  proxyProblems,
  type ProxyOptions,
  type ProxyParameters,
  type ProxySettings,
} from "./proxy-loss.js";

const KEYS = ["embeddingSize", "groups", "scale"] as const;

/** Options of `ProxyNCALoss`. */
export interface ProxyNCAOptions extends ProxyOptions {
  /** Squared distances are multiplied by it. Default 1; the larger, the surer of the nearest proxy. */
  readonly scale?: number;
}

type Settings = ProxySettings & { readonly scale: number };

/**
 * Each embedding is to be nearer to the trained vector of its group than to those of all others: cross entropy of `-scale |x - p|²`
 * over the proxies p, embeddings and proxies of length 1, where `|x - p|² = 2 - 2 cos(x, p)`. The own proxy is in the sum too, so that
 * the loss is never negative. Needs every group at training time.
 *
 * Movshovitz-Attias et al., "No Fuss Distance Metric Learning using Proxies", ICCV 2017; own proxy in the sum: Teh, DeVries, Taylor,
 * "ProxyNCA++", ECCV 2020.
 */
export class ProxyNCALoss extends ProxyLoss<Settings> {
  /** Name it is saved by. */
  static readonly type = "ProxyNCALoss";

  constructor(options: ProxyNCAOptions) {
    const { embeddingSize, groups, scale = 1 } = options;
    refuse("ProxyNCALoss", [...unknownOptions(options, KEYS), ...proxyProblems(options), above("scale", scale, 0)]);
    super({ embeddingSize, groups: countOf(groups), scale });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): ProxyNCALoss {
    return new ProxyNCALoss(savedOptions<ProxyNCAOptions>("ProxyNCALoss", config, KEYS));
  }

  override compute({ kernel }: ProxyParameters, embeddings: tf.Tensor2D, { groups }: Targets<"group">): LossValue {
    const { groups: count, scale } = this.settings;
    const logits = tf.mul(proxyCosines(embeddings, kernel), 2 * scale) as tf.Tensor2D; // -scale |x - p|², but for a constant
    return {
      value: tf.mean(crossEntropy(logits, groupColumns(groups, count))),
      weight: tf.scalar(embeddings.shape[0]),
    };
  }
}
