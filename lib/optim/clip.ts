import type { Transform } from "../contracts/optimizer.js";
import { refuse } from "../contracts/options.js";
import * as tf from "../tensor/tf.js";
import { mapEntries } from "../tensor/tree.js";
import { positive } from "./options.js";
import { perParameter } from "./per-parameter.js";
import type { AcrossParameters, Tunable } from "./tunable.js";

/**
 * Shortens all gradients together, keeping their direction, when their common length is above `max`: `g · min(1, max / ‖g‖)`. Put it
 * before the optimizer: `chain(clipGlobalNorm(1), adamw())`.
 */
export function clipGlobalNorm(max: number): Transform & AcrossParameters {
  refuse("clipGlobalNorm", [positive("max", max)]);
  return {
    type: "clipGlobalNorm",
    config: { max },
    elementwise: false,
    acrossParameters: true,
    scalars: () => ({}),
    initialize: () => ({}),
    update(gradients) {
      const all = Object.values(gradients);
      if (all.length === 0) return { updates: {}, state: {} };
      const updates = tf.tidy(() => {
        const norm = tf.sqrt(tf.addN(all.map((gradient) => tf.sum(tf.square(gradient)))));
        const factor = tf.div(max, tf.maximum(norm, max));
        return mapEntries(gradients, (gradient) => tf.mul(gradient, factor));
      });
      return { updates, state: {} };
    },
  };
}

/** Cuts every number of the gradients to [-max, max]. Put it before the optimizer. */
export function clipValue(max: number): Tunable {
  refuse("clipValue", [positive("max", max)]);
  return perParameter({
    type: "clipValue",
    config: { max },
    slots: {},
    scalars: () => ({}),
    update: (gradient) => ({ update: tf.clipByValue(gradient, -max, max), slots: {} }),
    tunes: [],
    tuned: () => clipValue(max),
  });
}
