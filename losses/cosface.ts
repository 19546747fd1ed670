import { atLeast } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import * as tf from "../lib/tensor/tf.js";
import { ProxyClassification } from "./proxy-classification.js";
import { proxyCosines } from "./proxy-loss.js";
import { positive, proxySettings, savedProxyOptions, type ProxyOptions, type ProxyTable } from "./proxy-options.js";

/** Options of `CosFaceLoss`. */
export interface CosFaceOptions extends ProxyOptions {
  /** Cosines are multiplied by it. Default 64. */
  readonly scale?: number;
  /** Taken off the cosine of an embedding with the vector of its own group, below 2. Default 0.35. */
  readonly margin?: number;
}

type Own = { readonly scale: number; readonly margin: number };

const OWN: ProxyTable<Own> = {
  scale: { default: 64, check: positive },
  margin: {
    default: 0.35,
    check: (name, value) =>
      atLeast(name, value, 0) ??
      ((value as number) < 2 ? null : `${name}: expected a cosine below 2, got ${value as number}`),
  },
};

/**
 * Classification over one trained vector a group, on the sphere, made harder by a cosine: cross entropy of `scale cos θ`, with
 * `scale (cos θ - margin)` for the embedding's own group, so that its cosine with that vector ends up larger than every other by the
 * margin. Simpler than the angle of `ArcFaceLoss`, and without its bend. Needs every group at training time.
 *
 * Wang et al., "CosFace: Large Margin Cosine Loss for Deep Face Recognition", CVPR 2018.
 */
export class CosFaceLoss extends ProxyClassification<Own> {
  /** Name it is saved by. */
  static readonly type = "CosFaceLoss";

  constructor(options: CosFaceOptions) {
    super(proxySettings("CosFaceLoss", options, OWN));
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): CosFaceLoss {
    return new CosFaceLoss(savedProxyOptions<CosFaceOptions>("CosFaceLoss", config, OWN));
  }

  protected override logits(embeddings: tf.Tensor2D, kernel: tf.Tensor2D, own: tf.Tensor2D): tf.Tensor2D {
    const { scale, margin } = this.settings;
    return tf.mul(tf.sub(proxyCosines(embeddings, kernel), tf.mul(own, margin)), scale);
  }
}
