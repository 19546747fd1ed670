import { Distance, type InnerProductForm } from "../contracts/distance.js";
import { squaredDistances } from "../tensor/pairwise.js";
import { rootOrZero } from "../tensor/rows.js";
import * as tf from "../tensor/tf.js";

/** Length of the difference: `‖x - y‖`. The gradient at distance zero is zero. Similarity is `1 / (1 + d)`, 0..1. */
export class Euclidean extends Distance {
  readonly name = "euclidean";

  override matrix(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D {
    return rootOrZero(squaredDistances(left, right));
  }

  override pairs(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor1D {
    return rootOrZero(tf.sum<tf.Tensor1D>(tf.square(tf.sub(left, right)), 1));
  }

  override similarity<T extends tf.Tensor>(distance: T): T {
    return tf.reciprocal(tf.add(distance, 1));
  }

  override asInnerProduct(): InnerProductForm {
    return {
      normalize: false,
      subtractHalfSquaredNorm: true,
      distance: (score, leftSquaredNorm) => Math.sqrt(Math.max(0, leftSquaredNorm - 2 * score)),
    };
  }
}
