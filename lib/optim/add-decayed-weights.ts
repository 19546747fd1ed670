import { refuse } from "../contracts/options.js";
import * as tf from "../tensor/tf.js";
import { notNegative } from "./options.js";
import { perParameter } from "./per-parameter.js";
import type { Tunable } from "./tunable.js";

/**
 * L2 regularization: adds `weightDecay · p` to the gradient. Put it before the optimizer: `chain(addDecayedWeights(1e-4), sgd())`.
 * With adaptive optimizers prefer the decoupled decay of `adamw` and `lion`.
 */
export function addDecayedWeights(weightDecay: number): Tunable {
  refuse("addDecayedWeights", [notNegative("weightDecay", weightDecay)]);
  return perParameter({
    type: "addDecayedWeights",
    config: { weightDecay },
    slots: {},
    scalars: () => ({}),
    update: (gradient, _slots, parameter) => ({ update: tf.add(gradient, tf.mul(parameter, weightDecay)), slots: {} }),
    tunes: ["weightDecay"],
    tuned: ({ weightDecay: decay = weightDecay }) => addDecayedWeights(decay),
  });
}
