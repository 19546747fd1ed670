import type { Targets } from "../lib/contracts/batch.js";
import type { LossValue } from "../lib/contracts/loss.js";
import { above, atLeast, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import * as tf from "../lib/tensor/tf.js";
import { withArcMargin } from "./arc-margin.js";
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

/** Options of `ArcFaceLoss`. */
export interface ArcFaceOptions extends ProxyOptions {
  /** Cosines are multiplied by it. Default 64. */
  readonly scale?: number;
  /** Angle added between an embedding and the vector of its own group, in radians, below π. Default 0.5. */
  readonly margin?: number;
}

type Settings = ProxySettings & { readonly scale: number; readonly margin: number };

/**
 * Classification over one trained vector a group, on the sphere, made harder by an angle: cross entropy of `scale cos θ`, with
 * `cos(θ + margin)` for the embedding's own group, so that groups end up separated by that angle. Beyond `θ = π - margin`, where
 * `cos(θ + margin)` would rise again, it goes on falling as `cos θ - margin sin margin`. Needs every group at training time.
 *
 * Deng, Guo, Xue, Zafeiriou, "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", CVPR 2019.
 */
export class ArcFaceLoss extends ProxyLoss<Settings> {
  /** Name it is saved by. */
  static readonly type = "ArcFaceLoss";

  constructor(options: ArcFaceOptions) {
    const { embeddingSize, groups, scale = 64, margin = 0.5 } = options;
    refuse("ArcFaceLoss", [
      ...unknownOptions(options, KEYS),
      ...proxyProblems(options),
      above("scale", scale, 0),
      atLeast("margin", margin, 0),
      margin >= Math.PI ? `margin: expected radians below π, got ${margin}; 28.6 degrees are 0.5 radians` : null,
    ]);
    super({ embeddingSize, groups: countOf(groups), scale, margin });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): ArcFaceLoss {
    return new ArcFaceLoss(savedOptions<ArcFaceOptions>("ArcFaceLoss", config, KEYS));
  }

  override compute({ kernel }: ProxyParameters, embeddings: tf.Tensor2D, { groups }: Targets<"group">): LossValue {
    const { groups: count, scale } = this.settings;
    const cosines = proxyCosines(embeddings, kernel);
    const own = groupColumns(groups, count);
    const logits = tf.mul(withArcMargin(cosines, own, this.settings.margin), scale) as tf.Tensor2D;
    return { value: tf.mean(crossEntropy(logits, own)), weight: tf.scalar(embeddings.shape[0]) };
  }
}
