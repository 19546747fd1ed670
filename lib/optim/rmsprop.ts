import type { Schedule } from "../contracts/optimizer.js";
import { share } from "../contracts/options.js";
import * as tf from "../tensor/tf.js";
import { positive, requireOptions, schedule } from "./options.js";
import { movingAverage, perParameter } from "./per-parameter.js";
import { scheduleConfig, valueAt } from "./schedule.js";
import type { Tunable } from "./tunable.js";

/** Options of `rmsprop`. */
export interface RmspropOptions {
  /** Default 1e-2. */
  readonly learningRate?: Schedule;
  /** Decay of the average of squares, in [0, 1). Default 0.99. */
  readonly alpha?: number;
  /** Added to the root of the squares. Default 1e-8. */
  readonly epsilon?: number;
}

/**
 * Divides by a running size of the gradient: `v = alpha · v + (1 - alpha) g²`, `p = p - learningRate · g / (√v + epsilon)`.
 *
 * Tieleman, Hinton, "Lecture 6.5: RMSProp", Coursera 2012.
 */
export function rmsprop(options: RmspropOptions = {}): Tunable {
  requireOptions("rmsprop", options, { learningRate: schedule, alpha: share, epsilon: positive });
  const { learningRate = 1e-2, alpha = 0.99, epsilon = 1e-8 } = options;
  return perParameter({
    type: "rmsprop",
    config: { learningRate: scheduleConfig(learningRate), alpha, epsilon },
    slots: { second: 0 },
    scalars: (moment) => ({ learningRate: valueAt(learningRate, moment) }),
    update(gradient, slots, _parameter, scalars) {
      const second = movingAverage(slots.second, tf.square(gradient), alpha);
      const direction = tf.div(gradient, tf.add(tf.sqrt(second), epsilon));
      return { update: tf.neg(tf.mul(direction, scalars.learningRate)), slots: { second } };
    },
    tunes: ["learningRate"],
    tuned: ({ learningRate: change }) => rmsprop({ ...options, learningRate: change?.(learningRate) ?? learningRate }),
  });
}
