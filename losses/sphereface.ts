import type { Targets } from "../lib/contracts/batch.js";
import type { LossValue } from "../lib/contracts/loss.js";
import { above, refuse, savedOptions, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import { rootOrZero, squaredLengths } from "../lib/tensor/rows.js";
import * as tf from "../lib/tensor/tf.js";
import { crossEntropy } from "./cross-entropy.js";
import { withMultipleAngle } from "./multiple-angle.js";
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

/** Options of `SphereFaceLoss`. */
export interface SphereFaceOptions extends ProxyOptions {
  /** Logits are multiplied by it. Default 1. */
  readonly scale?: number;
  /** By what the angle between an embedding and the vector of its own group is multiplied; a whole number. Default 4. */
  readonly margin?: number;
}

type Settings = ProxySettings & { readonly scale: number; readonly margin: number };

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
export class SphereFaceLoss extends ProxyLoss<Settings> {
  /** Name it is saved by. */
  static readonly type = "SphereFaceLoss";

  constructor(options: SphereFaceOptions) {
    const { embeddingSize, groups, scale = 1, margin = 4 } = options;
    refuse("SphereFaceLoss", [
      ...unknownOptions(options, KEYS),
      ...proxyProblems(options),
      above("scale", scale, 0),
      wholeNumber("margin", margin, 1),
    ]);
    super({ embeddingSize, groups: countOf(groups), scale, margin });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): SphereFaceLoss {
    return new SphereFaceLoss(savedOptions<SphereFaceOptions>("SphereFaceLoss", config, KEYS));
  }

  override compute({ kernel }: ProxyParameters, embeddings: tf.Tensor2D, { groups }: Targets<"group">): LossValue {
    const { groups: count, scale, margin } = this.settings;
    const own = groupColumns(groups, count);
    const cosines = withMultipleAngle(proxyCosines(embeddings, kernel), own, margin);
    const lengths = tf.mul(rootOrZero(squaredLengths(embeddings)), scale);
    return { value: tf.mean(crossEntropy(tf.mul(cosines, lengths), own)), weight: tf.scalar(embeddings.shape[0]) };
  }
}
