import * as tf from "../../../tensor/tf.js";
import type { GraphNode, GraphValue } from "../graph.js";
import { countElements, sameShape } from "./rewrite.js";

/** Elements from which a tensor is so large that going over it once less is worth a few more small nodes. */
export const LARGE = 4096;

/** What a wide tensor is multiplied with or divided by. */
export interface Factor {
  readonly kernel: "Multiply" | "RealDiv";
  /** Has half the elements of the wide tensor at most; null: -1. */
  readonly number: GraphValue | null;
}

/** A wide tensor times a narrow one: one number, or one number a row or a column. */
export interface Scaled {
  readonly wide: GraphValue;
  readonly factor: Factor;
}

/** How a node scales a wide tensor, or null when it does something else. */
export function asScaled({ kernel, inputs, outputs: [output] }: GraphNode): Scaled | null {
  const [left, right] = inputs as readonly [GraphValue, GraphValue];
  if (output?.dtype !== "float32") return null;
  const scales = (number: GraphValue, wide: GraphValue): boolean =>
    sameShape(wide.shape, output.shape) && isNarrow(number.shape, wide.shape);
  switch (kernel) {
    case "Neg":
      return countElements(output.shape) > 1 ? { wide: left, factor: { kernel: "Multiply", number: null } } : null;
    case "Multiply":
      if (scales(right, left)) return { wide: left, factor: { kernel, number: right } };
      return scales(left, right) ? { wide: right, factor: { kernel, number: left } } : null;
    case "RealDiv":
      return scales(right, left) ? { wide: left, factor: { kernel, number: right } } : null;
    default:
      return null;
  }
}

/** The shape of two narrow tensors together, null when that is not narrow. */
export function narrowTogether(
  left: readonly number[],
  right: readonly number[],
  wide: readonly number[],
): readonly number[] | null {
  const shape = tf.broadcast_util.assertAndGetBroadcastShape([...left], [...right]);
  return isNarrow(shape, wide) ? shape : null;
}

function isNarrow(shape: readonly number[], wide: readonly number[]): boolean {
  const [few, many] = [countElements(shape), countElements(wide)];
  return shape.length <= wide.length && few * 2 <= many;
}
