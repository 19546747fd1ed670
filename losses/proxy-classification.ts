import type { Targets } from "../lib/contracts/batch.js";
import type { LossValue } from "../lib/contracts/loss.js";
import type { JsonObject } from "../lib/json.js";
import * as tf from "../lib/tensor/tf.js";
import { crossEntropy } from "./cross-entropy.js";
import { groupColumns, ProxyLoss, type ProxyParameters } from "./proxy-loss.js";
import type { ProxySettings } from "./proxy-options.js";

/** Classification of rows as groups, by the vectors of the groups: mean cross entropy of the logits that a subclass gives. */
export abstract class ProxyClassification<Own extends JsonObject> extends ProxyLoss<ProxySettings & Own> {
  override compute({ kernel }: ProxyParameters, embeddings: tf.Tensor2D, { groups }: Targets<"group">): LossValue {
    const own = groupColumns(groups, this.settings.groups);
    const losses = this.judge(this.logits(embeddings, kernel, own), own);
    return { value: tf.mean(losses), weight: tf.scalar(embeddings.shape[0]) };
  }

  /** `[n, groups]`, how much each row looks like each group; `own` has a 1 at the row's group. */
  protected abstract logits(embeddings: tf.Tensor2D, kernel: tf.Tensor2D, own: tf.Tensor2D): tf.Tensor2D;

  /** `[n]`, the loss of each row. */
  protected judge(logits: tf.Tensor2D, own: tf.Tensor2D): tf.Tensor1D {
    return crossEntropy(logits, own);
  }
}
