import type { Targets } from "../lib/contracts/batch.js";
import type { LossValue } from "../lib/contracts/loss.js";
import { above, flag, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
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

const KEYS = ["embeddingSize", "groups", "temperature", "normalize"] as const;

/** Options of `SoftmaxLoss`. */
export interface SoftmaxOptions extends ProxyOptions {
  /** Logits are divided by it. Default 0.05. */
  readonly temperature?: number;
  /** Compare by cosine instead of inner product, so that only directions are learned. Default false. */
  readonly normalize?: boolean;
}

type Settings = ProxySettings & { readonly temperature: number; readonly normalize: boolean };

/**
 * Learns to tell the groups apart with one trained vector a group: cross entropy of `x · kernel / temperature`, or of
 * `cos(x, kernel) / temperature` when normalized. The classifier is thrown away; what stays is an embedding that separates groups.
 * Needs every group at training time.
 *
 * Zhai, Wu, "Classification is a Strong Baseline for Deep Metric Learning", BMVC 2019.
 */
export class SoftmaxLoss extends ProxyLoss<Settings> {
  /** Name it is saved by. */
  static readonly type = "SoftmaxLoss";

  constructor(options: SoftmaxOptions) {
    const { embeddingSize, groups, temperature = 0.05, normalize = false } = options;
    refuse("SoftmaxLoss", [
      ...unknownOptions(options, KEYS),
      ...proxyProblems(options),
      above("temperature", temperature, 0),
      flag("normalize", normalize),
    ]);
    super({ embeddingSize, groups: countOf(groups), temperature, normalize });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): SoftmaxLoss {
    return new SoftmaxLoss(savedOptions<SoftmaxOptions>("SoftmaxLoss", config, KEYS));
  }

  override compute({ kernel }: ProxyParameters, embeddings: tf.Tensor2D, { groups }: Targets<"group">): LossValue {
    const { groups: count, temperature, normalize } = this.settings;
    const scores = normalize ? proxyCosines(embeddings, kernel) : tf.matMul(embeddings, kernel);
    const losses = crossEntropy(tf.div(scores, temperature), groupColumns(groups, count));
    return { value: tf.mean(losses), weight: tf.scalar(embeddings.shape[0]) };
  }
}
