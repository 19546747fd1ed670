import { count } from "../lib/contracts/options.js";
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
import { nearestOfGroup } from "./several-proxies.js";

/** Options of `SubCenterArcFaceLoss`. */
export interface SubCenterArcFaceOptions extends ProxyOptions {
  /** Trained vectors of each group. Default 3. */
  readonly centers?: number;
  /** Cosines are multiplied by it. Default 64. */
  readonly scale?: number;
  /** Angle added between an embedding and the nearest vector of its own group, in radians, below π. Default 0.5. */
  readonly margin?: number;
}

type Own = { readonly centers: number; readonly scale: number; readonly margin: number };

const OWN: ProxyTable<Own> = {
  centers: { default: 3, check: count },
  scale: { default: 64, check: positive },
  margin: { default: 0.5, check: radians },
};

/**
 * `ArcFaceLoss` with several trained vectors a group, of which the nearest counts, so that wrongly labelled or odd items gather round a
 * vector of their own instead of pulling at the others. The kernel is `[embeddingSize, groups * centers]`, those of a group side by
 * side. Needs every group at training time.
 *
 * Deng, Guo, Liu, Gong, Zafeiriou, "Sub-center ArcFace: Boosting Face Recognition by Large-Scale Noisy Web Faces", ECCV 2020.
 */
export class SubCenterArcFaceLoss extends ProxyClassification<Own> {
  /** Name it is saved by. */
  static readonly type = "SubCenterArcFaceLoss";

  constructor(options: SubCenterArcFaceOptions) {
    super(proxySettings("SubCenterArcFaceLoss", options, OWN));
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): SubCenterArcFaceLoss {
    return new SubCenterArcFaceLoss(savedProxyOptions<SubCenterArcFaceOptions>("SubCenterArcFaceLoss", config, OWN));
  }

  protected override get columns(): number {
    return this.settings.groups * this.settings.centers;
  }

  protected override logits(embeddings: tf.Tensor2D, kernel: tf.Tensor2D, own: tf.Tensor2D): tf.Tensor2D {
    const { groups, centers, scale, margin } = this.settings;
    const cosines = nearestOfGroup(proxyCosines(embeddings, kernel), groups, centers);
    return tf.mul(withArcMargin(cosines, own, margin), scale);
  }
}
