import { ShapeError, UsageError } from "../lib/errors.js";
import type * as tf from "../lib/tensor/tf.js";

/**
 * The guide's vectors of a batch.
 * @throws UsageError when there are none, ShapeError when they are not one for each row.
 */
export function requireGuide(
  { type }: { readonly type: string },
  embeddings: tf.Tensor2D,
  guide: tf.Tensor2D | undefined,
): tf.Tensor2D {
  if (guide === undefined)
    throw new UsageError(`${type} needs the vectors of a guide; return a frozen encoder from configureGuide`);
  if (guide.shape[0] !== embeddings.shape[0])
    throw new ShapeError(`guide of ${type}`, `[${embeddings.shape[0]}, guideSize]`, guide.shape);
  return guide;
}
