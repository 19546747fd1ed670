import { count } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import { rootOrZero, squaredLengths } from "../lib/tensor/rows.js";
import * as tf from "../lib/tensor/tf.js";
import { withMultipleAngle } from "./multiple-angle.js";
import { ProxyClassification } from "./proxy-classification.js";
import { proxyCosines } from "./proxy-loss.js";
import { positive, proxySettings, savedProxyOptions, type ProxyOptions, type ProxyTable } from "./proxy-options.js";

/** Options of `SphereFaceLoss`. */
export interface SphereFaceOptions extends ProxyOptions {
  /** Logits are multiplied by it. Default 1. */
  readonly scale?: number;
  /** By what the angle between an embedding and the vector of its own group is multiplied; a whole number. Default 4. */
  readonly margin?: number;
}

type Own = { readonly scale: number; readonly margin: number };

const OWN: ProxyTable<Own> = {
  scale: { default: 1, check: positive },
  margin: { default: 4, check: count },
};

/**
 * Classification over one trained vector a group, made harder by a multiple of the angle: cross entropy of `scale ‖x‖ cos θ`, with
 * `ψ(θ)` in place of `cos θ` for the embedding's own group. `ψ(θ) = (-1)^k cos(margin θ) - 2k` for `θ` from `k π / margin` to
 * `(k + 1) π / margin` is `cos(margin θ)` as far as that falls, and goes on falling to `θ = π`. The length of embeddings counts: how
 * sure a row is. Needs every group at training time.
 *
 * Embeddings `[n, embeddingSize]`; one vector a group, whose length does not count. `ArcFaceLoss` is easier to train.
 *
 * Liu, Wen, Yu, Li, Raj, Song, "SphereFace: Deep Hypersphere Embedding for Face Recognition", CVPR 2017.
 */
export class SphereFaceLoss extends ProxyClassification<Own> {
  /** Name it is saved by. */
  static readonly type = "SphereFaceLoss";

  constructor(options: SphereFaceOptions) {
    super(proxySettings("SphereFaceLoss", options, OWN));
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): SphereFaceLoss {
    return new SphereFaceLoss(savedProxyOptions<SphereFaceOptions>("SphereFaceLoss", config, OWN));
  }

  protected override logits(embeddings: tf.Tensor2D, kernel: tf.Tensor2D, own: tf.Tensor2D): tf.Tensor2D {
    const { scale, margin } = this.settings;
    const lengths = tf.mul(rootOrZero(squaredLengths(embeddings)), scale);
    return tf.mul(withMultipleAngle(proxyCosines(embeddings, kernel), own, margin), lengths);
  }
}
