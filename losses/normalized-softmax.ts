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

const KEYS = ["embeddingSize", "groups", "temperature"] as const;

/** Options of `NormalizedSoftmaxLoss`. */
export interface NormalizedSoftmaxOptions extends ProxyOptions {
  /** Cosines are divided by it. Default 0.05. */
  readonly temperature?: number;
}

type Settings = ProxySettings & { readonly temperature: number };

/**
 * Learns to tell the groups apart by direction alone, with one trained vector a group: cross entropy of
 * `cos(x, kernel) / temperature`. Needs every group at training time. The same as `SoftmaxLoss` with `normalize`.
 *
 * Zhai, Wu, "Classification is a Strong Baseline for Deep Metric Learning", BMVC 2019.
 */
export class NormalizedSoftmaxLoss extends ProxyLoss<Settings> {
  /** Name it is saved by. */
  static readonly type = "NormalizedSoftmaxLoss";

  constructor(options: NormalizedSoftmaxOptions) {
    const { embeddingSize, groups, temperature = 0.05 } = options;
    refuse("NormalizedSoftmaxLoss", [
      ...unknownOptions(options, KEYS),
      ...proxyProblems(options),
      above("temperature", temperature, 0),
    ]);
    super({ embeddingSize, groups: countOf(groups), temperature });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): NormalizedSoftmaxLoss {
    return new NormalizedSoftmaxLoss(savedOptions<NormalizedSoftmaxOptions>("NormalizedSoftmaxLoss", config, KEYS));
  }

  override compute({ kernel }: ProxyParameters, embeddings: tf.Tensor2D, { groups }: Targets<"group">): LossValue {
    const { groups: count, temperature } = this.settings;
    const logits = tf.div<tf.Tensor2D>(proxyCosines(embeddings, kernel), temperature);
    return {
      value: tf.mean(crossEntropy(logits, groupColumns(groups, count))),
      weight: tf.scalar(embeddings.shape[0]),
    };
  }
}
