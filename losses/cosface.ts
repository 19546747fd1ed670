import type { Targets } from "../lib/contracts/batch.js";
import type { LossValue } from "../lib/contracts/loss.js";
import { above, atLeast, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
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

const KEYS = ["embeddingSize", "groups", "scale", "margin"] as const;

/** Options of `CosFaceLoss`. */
export interface CosFaceOptions extends ProxyOptions {
  /** Cosines are multiplied by it. Default 64. */
  readonly scale?: number;
  /** Taken off the cosine of an embedding with the vector of its own group, below 2. Default 0.35. */
  readonly margin?: number;
}

type Settings = ProxySettings & { readonly scale: number; readonly margin: number };

/**
 * Classification over one trained vector a group, on the sphere, made harder by a cosine: cross entropy of `scale cos θ`, with
 * `scale (cos θ - margin)` for the embedding's own group, so that its cosine with that vector ends up larger than every other by the
 * margin. Simpler than the angle of `ArcFaceLoss`, and without its bend. Needs every group at training time.
 *
 * Wang et al., "CosFace: Large Margin Cosine Loss for Deep Face Recognition", CVPR 2018.
 */
export class CosFaceLoss extends ProxyLoss<Settings> {
  /** Name it is saved by. */
  static readonly type = "CosFaceLoss";

  constructor(options: CosFaceOptions) {
    const { embeddingSize, groups, scale = 64, margin = 0.35 } = options;
    refuse("CosFaceLoss", [
      ...unknownOptions(options, KEYS),
      ...proxyProblems(options),
      above("scale", scale, 0),
      atLeast("margin", margin, 0),
      margin >= 2 ? `margin: expected a cosine below 2, got ${margin}` : null,
    ]);
    super({ embeddingSize, groups: countOf(groups), scale, margin });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): CosFaceLoss {
    return new CosFaceLoss(savedOptions<CosFaceOptions>("CosFaceLoss", config, KEYS));
  }

  override compute({ kernel }: ProxyParameters, embeddings: tf.Tensor2D, { groups }: Targets<"group">): LossValue {
    const { groups: count, scale, margin } = this.settings;
    const own = groupColumns(groups, count);
    const logits = tf.mul(tf.sub(proxyCosines(embeddings, kernel), tf.mul(own, margin)), scale) as tf.Tensor2D;
    return { value: tf.mean(crossEntropy(logits, own)), weight: tf.scalar(embeddings.shape[0]) };
  }
}
