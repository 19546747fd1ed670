import type { Targets } from "../lib/contracts/batch.js";
import type { LossValue } from "../lib/contracts/loss.js";
import type { JsonObject } from "../lib/json.js";
import * as tf from "../lib/tensor/tf.js";
import { groupColumns, proxyCosines, ProxyLoss, type ProxyParameters } from "./proxy-loss.js";
import { proxySettings, savedProxyOptions, type ProxyOptions, type ProxySettings } from "./proxy-options.js";

/**
 * The cosine of a row with the trained vector of its group is to be 1, with every other 0: `mean of (cos - own)²` over all rows and
 * groups. Nothing to tune: neither scale nor margin. Needs every group at training time.
 *
 * Zhang, Zhao, Yan, Wang, Li, "P2SGrad: Refined Gradients for Optimizing Deep Face Models", CVPR 2019, as the squared error of
 * Wang, Yamagishi, "A Comparative Study on Recent Neural Spoofing Countermeasures for Synthetic Speech Detection", Interspeech 2021.
 */
export class P2SGradLoss extends ProxyLoss<ProxySettings> {
  /** Name it is saved by. */
  static readonly type = "P2SGradLoss";

  constructor(options: ProxyOptions) {
    super(proxySettings("P2SGradLoss", options, {}));
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): P2SGradLoss {
    return new P2SGradLoss(savedProxyOptions("P2SGradLoss", config, {}));
  }

  override compute({ kernel }: ProxyParameters, embeddings: tf.Tensor2D, { groups }: Targets<"group">): LossValue {
    const own = groupColumns(groups, this.settings.groups);
    const error = tf.mean(tf.square(tf.sub(proxyCosines(embeddings, kernel), own)));
    // A group outside the vocabulary has no proxy: infinite, so that a wrong label cannot pass unseen.
    const known = tf.neg(tf.log(tf.min(tf.sum(own, 1))));
    return { value: tf.add(error, known) as tf.Scalar, weight: tf.scalar(embeddings.shape[0]) };
  }
}
