import type { Schedule } from "../contracts/optimizer.js";
import * as tf from "../tensor/tf.js";
import { notNegative, positive, requireOptions, schedule } from "./options.js";
import { perParameter } from "./per-parameter.js";
import { scheduleConfig, valueAt } from "./schedule.js";
import type { Tunable } from "./tunable.js";

/** Options of `adagrad`. */
export interface AdagradOptions {
  /** Default 1e-2. */
  readonly learningRate?: Schedule;
  /** What the sums of squares start with. Default 0. */
  readonly initialAccumulator?: number;
  /** Added to the root of the sums. Default 1e-10. */
  readonly epsilon?: number;
}

/**
 * Smaller steps for numbers that have moved much, so that rare features keep learning: `s = s + g²`,
 * `p = p - learningRate · g / (√s + epsilon)`.
 *
 * Duchi, Hazan, Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", JMLR 2011.
 */
export function adagrad(options: AdagradOptions = {}): Tunable {
  requireOptions("adagrad", options, { learningRate: schedule, initialAccumulator: notNegative, epsilon: positive });
  const { learningRate = 1e-2, initialAccumulator = 0, epsilon = 1e-10 } = options;
  return perParameter({
    type: "adagrad",
    config: { learningRate: scheduleConfig(learningRate), initialAccumulator, epsilon },
    slots: { sum: initialAccumulator },
    scalars: (moment) => ({ learningRate: valueAt(learningRate, moment) }),
    update(gradient, slots, _parameter, scalars) {
      const sum = tf.add(slots.sum, tf.square(gradient));
      const direction = tf.div(gradient, tf.add(tf.sqrt(sum), epsilon));
      return { update: tf.neg(tf.mul(direction, scalars.learningRate)), slots: { sum } };
    },
    tunes: ["learningRate"],
    tuned: ({ learningRate: change }) => adagrad({ ...options, learningRate: change?.(learningRate) ?? learningRate }),
  });
}
