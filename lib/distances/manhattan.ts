import { Distance } from "../contracts/distance.js";
import { absoluteDifferences } from "../tensor/pairwise.js";
import * as tf from "../tensor/tf.js";

/** Sum of absolute differences: `Σ |x - y|`. Similarity is `1 / (1 + d)`, 0..1. Much slower than the others on matrices. */
export class Manhattan extends Distance {
  readonly name = "manhattan";

  override matrix(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D {
    return absoluteDifferences(left, right);
  }

  override pairs(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor1D {
    return tf.sum(tf.abs(tf.sub(left, right)), 1);
  }

  override similarity<T extends tf.Tensor>(distance: T): T {
    return tf.reciprocal(tf.add(distance, 1));
  }

  override asInnerProduct(): null {
    return null;
  }
}
