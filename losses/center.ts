import type { Targets } from "../lib/contracts/batch.js";
import type { LossValue } from "../lib/contracts/loss.js";
import { above, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import { unitRows } from "../lib/tensor/rows.js";
import * as tf from "../lib/tensor/tf.js";
import {
  countOf,
  groupColumns,
  ProxyLoss,
  proxyProblems,
  type ProxyOptions,
  type ProxyParameters,
  type ProxySettings,
} from "./proxy-loss.js";

const KEYS = ["embeddingSize", "groups", "weight"] as const;

/** Options of `CenterLoss`. */
export interface CenterOptions extends ProxyOptions {
  /** The loss is multiplied by it. Default 0.5. */
  readonly weight?: number;
}

type Settings = ProxySettings & { readonly weight: number };

/**
 * Draws the rows of a group to one trained center: `weight · mean (x̂ - center)²` over rows and components, rows of length 1. Pushes
 * nothing apart, so it stands beside another loss. Needs every group at training time.
 *
 * Wen, Zhang, Li, Qiao, "A Discriminative Feature Learning Approach for Deep Face Recognition", ECCV 2016.
 */
export class CenterLoss extends ProxyLoss<Settings> {
  /** Name it is saved by. */
  static readonly type = "CenterLoss";

  constructor(options: CenterOptions) {
    const { embeddingSize, groups, weight = 0.5 } = options;
    refuse("CenterLoss", [...unknownOptions(options, KEYS), ...proxyProblems(options), above("weight", weight, 0)]);
    super({ embeddingSize, groups: countOf(groups), weight });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): CenterLoss {
    return new CenterLoss(savedOptions<CenterOptions>("CenterLoss", config, KEYS));
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
