import { Distance, type InnerProductForm } from "../contracts/distance.js";
import { squaredDistances } from "../tensor/pairwise.js";
import * as tf from "../tensor/tf.js";

/** Squared length of the difference: `‖x - y‖²`. Similarity is `1 / (1 + d)`, 0..1. */
export class SquaredEuclidean extends Distance {
  readonly name = "squared-euclidean";

  override matrix(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D {
    return squaredDistances(left, right);
  }

  override pairs(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor1D {
    return tf.sum(tf.square(tf.sub(left, right)), 1);
  }

  override similarity<T extends tf.Tensor>(distance: T): T {
    return tf.reciprocal(tf.add(distance, 1));
  }

  override asInnerProduct(): InnerProductForm {
    return {
      normalize: false,
      subtractHalfSquaredNorm: true,
      distance: (score, leftSquaredNorm) => Math.max(0, leftSquaredNorm - 2 * score),
    };
  }
}
