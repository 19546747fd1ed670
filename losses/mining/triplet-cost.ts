import * as tf from "../../lib/tensor/tf.js";

/** What a triplet costs, given how much farther its positive is than its negative, the gap. */
export interface TripletCost {
  /** Added to the gap. */
  readonly margin: number;
  /** `log(1 + exp(gap + margin))` instead of `max(0, gap + margin)`. */
  readonly smooth: boolean;
}

/** Of gaps, whatever their shape. */
export function costOf<T extends tf.Tensor>(gaps: T, { margin, smooth }: TripletCost): T {
  const moved = margin === 0 ? gaps : tf.add<T>(gaps, margin);
  return smooth ? tf.softplus(moved) : tf.relu(moved);
}

/** The derivative of `costOf`. */
export function slopeOf<T extends tf.Tensor>(gaps: T, { margin, smooth }: TripletCost): T {
  const moved = margin === 0 ? gaps : tf.add<T>(gaps, margin);
  return smooth ? tf.sigmoid(moved) : tf.step(moved);
}
