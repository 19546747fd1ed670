import type { Transform } from "../contracts/optimizer.js";
import * as tf from "../tensor/tf.js";
import { mapEntries } from "../tensor/tree.js";

/** Leaves parameters as they are. For groups: `{ match: "encoders", freeze: true }`. */
export function freeze(): Transform {
  return {
    type: "freeze",
    config: {},
    elementwise: true,
    initialize: () => ({}),
    scalars: () => ({}),
    update: (gradients) => ({ updates: mapEntries(gradients, (gradient) => tf.zerosLike(gradient)), state: {} }),
  };
}
