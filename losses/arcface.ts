import type { JsonObject } from "../lib/json.js";
import * as tf from "../lib/tensor/tf.js";
import { withArcMargin } from "./arc-margin.js";
import { ProxyClassification } from "./proxy-classification.js";
import { proxyCosines } from "./proxy-loss.js";
import {
  positive,
  proxySettings,
  radians,
  savedProxyOptions,
  type ProxyOptions,
  type ProxyTable,
} from "./proxy-options.js";

/** Options of `ArcFaceLoss`. */
export interface ArcFaceOptions extends ProxyOptions {
  /** Cosines are multiplied by it. Default 64. */
  readonly scale?: number;
  /** Angle added between an embedding and the vector of its own group, in radians, below π. Default 0.5. */
  readonly margin?: number;
}

type Own = { readonly scale: number; readonly margin: number };

const OWN: ProxyTable<Own> = {
  scale: { default: 64, check: positive },
  margin: { default: 0.5, check: radians },
};

/**
 * Classification over one trained vector a group, on the sphere, made harder by an angle: cross entropy of `scale cos θ`, with
 * `cos(θ + margin)` for the embedding's own group, so that groups end up separated by that angle. Beyond `θ = π - margin`, where
 * `cos(θ + margin)` would rise again, it goes on falling as `cos θ - margin sin margin`. Needs every group at training time.
 *
 * Deng, Guo, Xue, Zafeiriou, "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", CVPR 2019.
 */
export class ArcFaceLoss extends ProxyClassification<Own> {
  /** Name it is saved by. */
  static readonly type = "ArcFaceLoss";

  constructor(options: ArcFaceOptions) {
    super(proxySettings("ArcFaceLoss", options, OWN));
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): ArcFaceLoss {
    return new ArcFaceLoss(savedProxyOptions<ArcFaceOptions>("ArcFaceLoss", config, OWN));
  }

  protected override logits(embeddings: tf.Tensor2D, kernel: tf.Tensor2D, own: tf.Tensor2D): tf.Tensor2D {
    const { scale, margin } = this.settings;
    return tf.mul(withArcMargin(proxyCosines(embeddings, kernel), own, margin), scale);
  }
}
