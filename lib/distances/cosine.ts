import { Distance, type InnerProductForm } from "../contracts/distance.js";
import { innerProducts } from "../tensor/pairwise.js";
import { unitRows } from "../tensor/rows.js";
import * as tf from "../tensor/tf.js";

/**
 * One minus the cosine of the angle: `1 - x·y / (‖x‖ ‖y‖)`, from 0 (same direction) over 1 to 2 (opposite), for pairs and matrices
 * alike. A zero vector is at distance 1 from everything and gets no gradient. Similarity is the cosine, -1..1.
 */
export class Cosine extends Distance {
  readonly name = "cosine";
  override readonly similarityRange = [-1, 1] as const;

  override matrix(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D {
    const x = unitRows(left);
    return tf.sub(1, innerProducts(x, left === right ? x : unitRows(right)));
  }

  override pairs(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor1D {
    return tf.sub(1, tf.sum(tf.mul(unitRows(left), unitRows(right)), 1));
  }

  override similarity<T extends tf.Tensor>(distance: T): T {
    return tf.sub(1, distance);
  }

  override asInnerProduct(): InnerProductForm {
    return { normalize: true, subtractHalfSquaredNorm: false, distance: (score) => 1 - score };
  }
}
