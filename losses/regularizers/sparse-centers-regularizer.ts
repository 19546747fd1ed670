import { refuse, savedOptions, unknownOptions } from "../../lib/contracts/options.js";
import { UsageError } from "../../lib/errors.js";
import type { JsonObject } from "../../lib/json.js";
import { rootOrZero, unitRows } from "../../lib/tensor/rows.js";
import * as tf from "../../lib/tensor/tf.js";
import { Regularizer } from "./regularizer.js";

/** Less than this is rounding of equal vectors, whose distance has no slope. */
const ROUNDING = 1e-6;

/**
 * Lets vectors of one group become one where the group needs no more: half the mean of `√(2 - 2 cos)` over the other vectors of the
 * group. For losses with several vectors a group; this is the penalty of the paper of `SoftTripleLoss`.
 *
 * Qian, Shang, Sun, Hu, Li, Jin, "SoftTriple Loss: Deep Metric Learning Without Triplet Sampling", ICCV 2019.
 */
export class SparseCentersRegularizer extends Regularizer {
  /** Name it is saved by. */
  static readonly type = "SparseCentersRegularizer";
  readonly config: JsonObject = {};

  constructor(options: Readonly<Record<string, never>> = {}) {
    super();
    refuse("SparseCentersRegularizer", unknownOptions(options, []));
  }

  static from(config: JsonObject): SparseCentersRegularizer {
    return new SparseCentersRegularizer(savedOptions<Record<string, never>>("SparseCentersRegularizer", config, []));
  }

  /** @throws UsageError for vectors of which there is one a group. */
  override penalties(rows: tf.Tensor2D, perGroup: number): tf.Tensor1D {
    if (perGroup < 2)
      throw new UsageError(
        "SparseCentersRegularizer: expected several vectors a group, got one; use it on the proxies of a loss with " +
          "centers, such as SoftTripleLoss or SubCenterArcFaceLoss",
      );
    const [n, d] = rows.shape;
    const groups = tf.reshape(unitRows(rows), [n / perGroup, perGroup, d]);
    const cosines = tf.matMul(groups, groups, false, true); // [groups, perGroup, perGroup]
    const squared = tf.relu(tf.sub(tf.sub(2, tf.mul(cosines, 2)), ROUNDING));
    return tf.reshape(tf.div(tf.sum(rootOrZero(squared), 2), 2 * (perGroup - 1)), [n]);
  }
}
