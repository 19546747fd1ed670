import type { Targets } from "../lib/contracts/batch.js";
import type { LossValue } from "../lib/contracts/loss.js";
import { above, atLeast, refuse, savedOptions, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import type { Init } from "../lib/contracts/part.js";
import type { JsonObject } from "../lib/json.js";
import type { Random } from "../lib/random.js";
import * as tf from "../lib/tensor/tf.js";
import { withArcMargin } from "./arc-margin.js";
import { crossEntropy } from "./cross-entropy.js";
import {
  countOf,
  groupColumns,
  proxyCosines,
  proxyKernel,
  ProxyLoss,
  proxyProblems,
  type ProxyOptions,
  type ProxyParameters,
  type ProxySettings,
} from "./proxy-loss.js";
import { nearestOfGroup } from "./several-proxies.js";

const KEYS = ["embeddingSize", "groups", "centers", "scale", "margin"] as const;

/** Options of `SubCenterArcFaceLoss`. */
export interface SubCenterArcFaceOptions extends ProxyOptions {
  /** Trained vectors of each group. Default 3. */
  readonly centers?: number;
  /** Cosines are multiplied by it. Default 64. */
  readonly scale?: number;
  /** Angle added between an embedding and the nearest vector of its own group, in radians, below π. Default 0.5. */
  readonly margin?: number;
}

type Settings = ProxySettings & { readonly centers: number; readonly scale: number; readonly margin: number };

/**
 * `ArcFaceLoss` with several trained vectors a group, of which the nearest counts, so that wrongly labelled or odd items gather round a
 * vector of their own instead of pulling at the others. The kernel is `[embeddingSize, groups * centers]`, those of a group side by
 * side. Needs every group at training time.
 *
 * Deng, Guo, Liu, Gong, Zafeiriou, "Sub-center ArcFace: Boosting Face Recognition by Large-Scale Noisy Web Faces", ECCV 2020.
 */
export class SubCenterArcFaceLoss extends ProxyLoss<Settings> {
  /** Name it is saved by. */
  static readonly type = "SubCenterArcFaceLoss";

  constructor(options: SubCenterArcFaceOptions) {
    const { embeddingSize, groups, centers = 3, scale = 64, margin = 0.5 } = options;
    refuse("SubCenterArcFaceLoss", [
      ...unknownOptions(options, KEYS),
      ...proxyProblems(options),
      wholeNumber("centers", centers, 1),
      above("scale", scale, 0),
      atLeast("margin", margin, 0),
      margin >= Math.PI ? `margin: expected radians below π, got ${margin}; 28.6 degrees are 0.5 radians` : null,
    ]);
    super({ embeddingSize, groups: countOf(groups), centers, scale, margin });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): SubCenterArcFaceLoss {
    return new SubCenterArcFaceLoss(savedOptions<SubCenterArcFaceOptions>("SubCenterArcFaceLoss", config, KEYS));
  }

  override initialize(random: Random): Init {
    const { embeddingSize, groups, centers } = this.settings;
    return proxyKernel(random, embeddingSize, groups * centers);
  }

  override compute({ kernel }: ProxyParameters, embeddings: tf.Tensor2D, { groups }: Targets<"group">): LossValue {
    const { groups: count, centers, scale, margin } = this.settings;
    const cosines = nearestOfGroup(proxyCosines(embeddings, kernel), count, centers);
    const own = groupColumns(groups, count);
    const logits = tf.mul(withArcMargin(cosines, own, margin), scale) as tf.Tensor2D;
    return { value: tf.mean(crossEntropy(logits, own)), weight: tf.scalar(embeddings.shape[0]) };
  }
}
