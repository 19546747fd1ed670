import type { Schedule } from "../contracts/optimizer.js";
import * as tf from "../tensor/tf.js";
import { notNegative, requireOptions, schedule, twoBelowOne } from "./options.js";
import { movingAverage, perParameter } from "./per-parameter.js";
import { scheduleConfig, valueAt } from "./schedule.js";
import type { Tunable } from "./tunable.js";

/** Options of `lion`. */
export interface LionOptions {
  /** Every number moves by this much, so it should be 3 to 10 times smaller than for `adamw`. Default 1e-4. */
  readonly learningRate?: Schedule;
  /** Weight of the momentum in the direction of a step, and decay of the momentum; each in [0, 1). Default [0.9, 0.99]. */
  readonly betas?: readonly [number, number];
  /** Part of each weight that is taken away at every step, times the learning rate. Default 0. */
  readonly weightDecay?: number;
}

/**
 * Moves by the sign of a momentum: `p = p - learningRate · (sign(β₁ m + (1 - β₁) g) + weightDecay · p)`, `m = β₂ m + (1 - β₂) g`.
 * Keeps one tensor for each parameter where Adam keeps two.
 *
 * Chen et al., "Symbolic Discovery of Optimization Algorithms", NeurIPS 2023.
 */
export function lion(options: LionOptions = {}): Tunable {
  requireOptions("lion", options, { learningRate: schedule, betas: twoBelowOne, weightDecay: notNegative });
  const { learningRate = 1e-4, betas = [0.9, 0.99], weightDecay = 0 } = options;
  const [beta1, beta2] = betas;
  return perParameter({
    type: "lion",
    config: { learningRate: scheduleConfig(learningRate), betas: [...betas], weightDecay },
    slots: { momentum: 0 },
    scalars: (moment) => ({ learningRate: valueAt(learningRate, moment) }),
    update(gradient, slots, parameter, scalars) {
      const direction = tf.sign(movingAverage(slots.momentum, gradient, beta1));
      const decayed = weightDecay === 0 ? direction : tf.add(direction, tf.mul(parameter, weightDecay));
      return {
        update: tf.neg(tf.mul(decayed, scalars.learningRate)),
        slots: { momentum: movingAverage(slots.momentum, gradient, beta2) },
      };
    },
    tunes: ["learningRate", "weightDecay"],
    tuned: ({ learningRate: change, weightDecay: decay = weightDecay }) =>
      lion({ ...options, learningRate: change?.(learningRate) ?? learningRate, weightDecay: decay }),
  });
}
