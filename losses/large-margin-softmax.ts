import { count } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import { rootOrZero, squaredLengths } from "../lib/tensor/rows.js";
import * as tf from "../lib/tensor/tf.js";
import { withMultipleAngle } from "./multiple-angle.js";
import { ProxyClassification } from "./proxy-classification.js";
import { proxyCosines } from "./proxy-loss.js";
import { positive, proxySettings, savedProxyOptions, type ProxyOptions, type ProxyTable } from "./proxy-options.js";

/** Options of `LargeMarginSoftmaxLoss`. */
export interface LargeMarginSoftmaxOptions extends ProxyOptions {
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
 * Softmax made harder by a multiple of the angle: cross entropy of `scale ‖w‖ ‖x‖ cos θ`, the inner product with the trained vector of
 * each group, with `ψ(θ)` in place of `cos θ` for the embedding's own group, see `SphereFaceLoss`, which is this loss with vectors of
 * length 1. Here lengths of both count: of a row how sure it is, of a vector how common its group is. Needs every group at training time.
 *
 * Embeddings `[n, embeddingSize]`; one vector a group. `ArcFaceLoss` is easier to train.
 *
 * Liu, Wen, Yu, Yang, "Large-Margin Softmax Loss for Convolutional Neural Networks", ICML 2016.
 */
export class LargeMarginSoftmaxLoss extends ProxyClassification<Own> {
  /** Name it is saved by. */
  static readonly type = "LargeMarginSoftmaxLoss";

  constructor(options: LargeMarginSoftmaxOptions) {
    super(proxySettings("LargeMarginSoftmaxLoss", options, OWN));
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): LargeMarginSoftmaxLoss {
    return new LargeMarginSoftmaxLoss(
      savedProxyOptions<LargeMarginSoftmaxOptions>("LargeMarginSoftmaxLoss", config, OWN),
    );
  }

  /** Vectors start with lengths about 1: of short ones the loss first makes even shorter ones. */
  protected override get deviation(): number {
    return 1 / Math.sqrt(this.settings.embeddingSize);
  }

  protected override logits(embeddings: tf.Tensor2D, kernel: tf.Tensor2D, own: tf.Tensor2D): tf.Tensor2D {
    const { scale, margin } = this.settings;
    const rows = tf.mul(rootOrZero(squaredLengths(embeddings)), scale); // [n, 1]
    const vectors = rootOrZero(tf.sum(tf.square(kernel), 0, true)); // [1, groups]
    return tf.mul(tf.mul(withMultipleAngle(proxyCosines(embeddings, kernel), own, margin), rows), vectors);
  }
}
