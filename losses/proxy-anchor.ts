import type { Targets } from "../lib/contracts/batch.js";
import type { LossValue } from "../lib/contracts/loss.js";
import { finite } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import { rowsWithAny } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
import { logSumExpInRow } from "./log-sum-exp.js";
import { groupColumns, proxyCosines, ProxyLoss, type ProxyParameters } from "./proxy-loss.js";
import {
  positive,
  proxySettings,
  savedProxyOptions,
  type ProxyOptions,
  type ProxySettings,
  type ProxyTable,
} from "./proxy-options.js";

/** Options of `ProxyAnchorLoss`. */
export interface ProxyAnchorOptions extends ProxyOptions {
  /** Cosines within a group are to be above it, others below minus it. Default 0.1. */
  readonly margin?: number;
  /** How much the hardest rows count more than others. Default 32. */
  readonly alpha?: number;
}

type Own = { readonly margin: number; readonly alpha: number };

const OWN: ProxyTable<Own> = {
  margin: { default: 0.1, check: finite },
  alpha: { default: 32, check: positive },
};

/**
 * The trained vector of each group looks at the whole batch: it pulls the rows of its group, the farthest most, and pushes the others,
 * the nearest most. With the cosines s of rows x and proxies p,
 *
 * `mean over p with a row in the batch of log(1 + Σ exp(-alpha (s(x, p) - margin)))`, x of its group, plus
 * `mean over all p of log(1 + Σ exp(alpha (s(x, p) + margin)))`, x of other groups.
 *
 * Converges fast and looks at relations between rows, unlike softmax. Needs every group at training time.
 *
 * Kim, Kim, Cho, Kwak, "Proxy Anchor Loss for Deep Metric Learning", CVPR 2020.
 */
export class ProxyAnchorLoss extends ProxyLoss<ProxySettings & Own> {
  /** Name it is saved by. */
  static readonly type = "ProxyAnchorLoss";
  override readonly separable = false;

  constructor(options: ProxyAnchorOptions) {
    super(proxySettings("ProxyAnchorLoss", options, OWN));
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): ProxyAnchorLoss {
    return new ProxyAnchorLoss(savedProxyOptions<ProxyAnchorOptions>("ProxyAnchorLoss", config, OWN));
  }

  override compute({ kernel }: ProxyParameters, embeddings: tf.Tensor2D, { groups }: Targets<"group">): LossValue {
    const { groups: count, margin, alpha } = this.settings;
    const own = tf.transpose(groupColumns(groups, count)); // [groups, n]
    const cosines = tf.transpose(proxyCosines(embeddings, kernel));
    const present = rowsWithAny(own);
    const pull = tf.mul(tf.sub(margin, cosines), alpha) as tf.Tensor2D;
    const push = tf.mul(tf.add(cosines, margin), alpha) as tf.Tensor2D;
    const positive = tf.sum(logSumExpInRow(pull, own, { withOne: true }));
    const negative = tf.mean(logSumExpInRow(push, tf.sub(1, own), { withOne: true }));
    // A group outside the vocabulary has no proxy: infinite, so that a wrong label cannot pass unseen.
    const known = tf.neg(tf.log(tf.min(tf.sum(own, 0))));
    const value = tf.add(tf.add(tf.div(positive, tf.maximum(tf.sum(present), 1)), negative), known) as tf.Scalar;
    return { value, weight: tf.scalar(embeddings.shape[0]) };
  }
}
