import * as tf from "./tf.js";

/** Bands in which a symmetric product is computed: three take two thirds of its multiplications, and more are too narrow. */
const BANDS = 3;
/** Columns from which bands pay. */
const WIDE = 192;

/**
 * `[n, d] -> [d, d]`, some `V` with `V + Vᵀ = rowsᵀ · weighted`, where `weighted` is the rows, each times a number, so that the product is
 * symmetric. What is below the diagonal is not computed where that saves time.
 */
export function halfGram(rows: tf.Tensor2D, weighted: tf.Tensor2D): tf.Tensor2D {
  const [n, d] = rows.shape;
  if (d < WIDE) return tf.mul(tf.matMul(rows, weighted, true), 0.5);
  const height = Math.ceil(d / BANDS);
  const bands = Array.from({ length: BANDS }, (_, band) => {
    const start = band * height;
    const rest = d - start;
    const own = Math.min(height, rest);
    const above = tf.matMul(tf.slice(rows, [0, start], [n, own]), tf.slice(weighted, [0, start], [n, rest]), true); // [own, rest]
    const squareHalf = tf.mul(tf.slice(above, [0, 0], [own, own]), 0.5);
    const others = tf.slice(above, [0, own], [own, rest - own]);
    return tf.concat([tf.zeros([own, start]), squareHalf, others], 1);
  });
  return tf.concat(bands, 0) as tf.Tensor2D;
}
