import { refuse, savedOptions, unknownOptions } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import * as tf from "../../lib/tensor/tf.js";
import { Regularizer } from "./regularizer.js";

/** Keeps the numbers of each vector around zero: `|Σ x|`. Goes with `SignalToNoiseContrastiveLoss`, whose paper has it. */
export class ZeroMeanRegularizer extends Regularizer {
  /** Name it is saved by. */
  static readonly type = "ZeroMeanRegularizer";
  readonly config: JsonObject = {};

  constructor(options: Readonly<Record<string, never>> = {}) {
    super();
    refuse("ZeroMeanRegularizer", unknownOptions(options, []));
  }

  static from(config: JsonObject): ZeroMeanRegularizer {
    return new ZeroMeanRegularizer(savedOptions<Record<string, never>>("ZeroMeanRegularizer", config, []));
  }

  override penalties(rows: tf.Tensor2D): tf.Tensor1D {
    return tf.abs(tf.sum<tf.Tensor1D>(rows, 1));
  }
}
