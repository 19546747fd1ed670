import { refuse, savedOptions, unknownOptions } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import { samePosition } from "../../lib/tensor/masks.js";
import { innerProducts } from "../../lib/tensor/pairwise.js";
import { unitRows } from "../../lib/tensor/rows.js";
import * as tf from "../../lib/tensor/tf.js";
import { withoutGradient } from "../../lib/tensor/without-gradient.js";
import { nearestColumn } from "../mining/in-rows.js";
import { Regularizer } from "./regularizer.js";

/**
 * Moves vectors of groups apart: the cosine of each with the one that is nearest to it. `O(n²)` for n vectors.
 *
 * Zhao, Xu, Cheng, "RegularFace: Deep Face Recognition via Exclusive Regularization", CVPR 2019.
 */
export class RegularFaceRegularizer extends Regularizer {
  /** Name it is saved by. */
  static readonly type = "RegularFaceRegularizer";
  readonly config: JsonObject = {};

  constructor(options: Readonly<Record<string, never>> = {}) {
    super();
    refuse("RegularFaceRegularizer", unknownOptions(options, []));
  }

  static from(config: JsonObject): RegularFaceRegularizer {
    return new RegularFaceRegularizer(savedOptions<Record<string, never>>("RegularFaceRegularizer", config, []));
  }

  override penalties(rows: tf.Tensor2D): tf.Tensor1D {
    const unit = unitRows(rows);
    const count = rows.shape[0];
    if (count === 1) return tf.sum<tf.Tensor1D>(tf.mul(unit, 0), 1); // there is no other
    const nearest = withoutGradient(() =>
      tf.tidy(() => nearestColumn(tf.neg(innerProducts(unit, unit)), tf.sub(1, samePosition(count)))),
    );
    return tf.sum<tf.Tensor1D>(tf.mul(unit, tf.gather(unit, nearest)), 1);
  }
}
