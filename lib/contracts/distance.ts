import type { JsonObject } from "../json.js";
import type * as tf from "../tensor/tf.js";

/**
 * How far apart two vectors are; one scale for pairs and matrices. Gradients are finite everywhere, also at distance zero and for
 * zero vectors.
 */
export abstract class Distance {
  /** Saved name. */
  abstract readonly name: string;
  /** What it is made from besides its name; undefined when the name says all. */
  readonly config?: JsonObject;
  /** `[n, d] × [m, d] -> [n, m]`, smaller is closer. */
  abstract matrix(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D;
  /** `[n, d] × [n, d] -> [n]`, row by row. */
  abstract pairs(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor1D;
  /** Distance -> similarity, larger is closer; monotone, any shape. */
  abstract similarity<T extends tf.Tensor>(distance: T): T;
  /** The smallest and the largest similarity there can be, where there are. */
  readonly similarityRange?: readonly [smallest: number, largest: number];
  /**
   * Vectors and per-row offsets with which the order of distances is that of inner products:
   * nearest neighbours of `left` in `right` maximize `left' · right' + offset(right)`. Null when there is none (manhattan).
   */
  abstract asInnerProduct(): InnerProductForm | null;
}

/** See `Distance.asInnerProduct`. */
export interface InnerProductForm {
  /** Divide each row by its length first (zero rows stay zero). */
  readonly normalize: boolean;
  /** `-½‖right‖²` is added to each product. */
  readonly subtractHalfSquaredNorm: boolean;
  /** Ordering score (product plus offset) and both squared norms (after normalization) -> distance. */
  distance(score: number, leftSquaredNorm: number, rightSquaredNorm: number): number;
}
