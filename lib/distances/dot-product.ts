import { Distance, type InnerProductForm } from "../contracts/distance.js";
import { innerProducts } from "../tensor/pairwise.js";
import * as tf from "../tensor/tf.js";

/** Negative inner product: `-x·y`, unbounded on both sides. Similarity is `x·y`. */
export class DotProduct extends Distance {
  readonly name = "dot-product";

  override matrix(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D {
    return tf.neg(innerProducts(left, right));
  }

  override pairs(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor1D {
    return tf.neg(tf.sum(tf.mul(left, right), 1));
  }

  override similarity<T extends tf.Tensor>(distance: T): T {
    return tf.neg(distance);
  }

  override asInnerProduct(): InnerProductForm {
    return { normalize: false, subtractHalfSquaredNorm: false, distance: (score) => -score };
  }
}
