import type { Targets } from "../lib/contracts/batch.js";
import type { LossValue } from "../lib/contracts/loss.js";
import type { JsonObject } from "../lib/json.js";
import { unitRows } from "../lib/tensor/rows.js";
import * as tf from "../lib/tensor/tf.js";
import { groupColumns, ProxyLoss, type ProxyParameters } from "./proxy-loss.js";
import {
  positive,
  proxySettings,
  savedProxyOptions,
  type ProxyOptions,
  type ProxySettings,
  type ProxyTable,
} from "./proxy-options.js";

/** Options of `CenterLoss`. */
export interface CenterOptions extends ProxyOptions {
  /** The loss is multiplied by it. Default 0.5. */
  readonly weight?: number;
}

type Own = { readonly weight: number };

const OWN: ProxyTable<Own> = { weight: { default: 0.5, check: positive } };

/**
 * Draws the rows of a group to one trained center: `weight · mean (x̂ - center)²` over rows and components, rows of length 1. Pushes
 * nothing apart, so it stands beside another loss. Needs every group at training time.
 *
 * Wen, Zhang, Li, Qiao, "A Discriminative Feature Learning Approach for Deep Face Recognition", ECCV 2016.
 */
export class CenterLoss extends ProxyLoss<ProxySettings & Own> {
  /** Name it is saved by. */
  static readonly type = "CenterLoss";

  constructor(options: CenterOptions) {
    super(proxySettings("CenterLoss", options, OWN));
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): CenterLoss {
    return new CenterLoss(savedProxyOptions<CenterOptions>("CenterLoss", config, OWN));
  }

  override compute({ kernel }: ProxyParameters, embeddings: tf.Tensor2D, { groups }: Targets<"group">): LossValue {
    const { groups: count, weight } = this.settings;
    const own = groupColumns(groups, count);
    const centers = tf.matMul(own, kernel, false, true); // [n, embeddingSize]
    const squares = tf.mean(tf.square(tf.sub(unitRows(embeddings), centers)), 1);
    // A group outside the vocabulary has no center: infinite, so that a wrong label cannot pass unseen.
    const losses = tf.sub(tf.mul(squares, weight), tf.log(tf.sum(own, 1)));
    return { value: tf.mean(losses), weight: tf.scalar(embeddings.shape[0]) };
  }
}
