import type { Schedule } from "../contracts/optimizer.js";
import { flag, share } from "../contracts/options.js";
import * as tf from "../tensor/tf.js";
import { requireOptions, schedule } from "./options.js";
import { perParameter } from "./per-parameter.js";
import { scheduleConfig, valueAt } from "./schedule.js";
import type { Tunable } from "./tunable.js";

/** Options of `sgd`. */
export interface SgdOptions {
  /** Default 1e-2. */
  readonly learningRate?: Schedule;
  /** In [0, 1). Default 0. */
  readonly momentum?: number;
  /** Look ahead along the momentum; needs momentum and no dampening. Default false. */
  readonly nesterov?: boolean;
  /** Part of each gradient but the first that the momentum leaves out, in [0, 1). Default 0. */
  readonly dampening?: number;
}

/**
 * Stochastic gradient descent: `v = momentum · v + (1 - dampening) · g`, `p = p - learningRate · v`; with `nesterov`
 * `p = p - learningRate · (g + momentum · v)`.
 *
 * Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum in deep learning", ICML 2013.
 */
export function sgd(options: SgdOptions = {}): Tunable {
  const { learningRate = 1e-2, momentum = 0, nesterov = false, dampening = 0 } = options;
  requireOptions(
    "sgd",
    options,
    { learningRate: schedule, momentum: share, nesterov: flag, dampening: share },
    nesterov && (momentum === 0 || dampening !== 0) ? "nesterov: needs momentum above 0 and dampening 0" : null,
  );
  const settings = {
    type: "sgd",
    config: { learningRate: scheduleConfig(learningRate), momentum, nesterov, dampening },
  };
  const tuning = {
    tunes: ["learningRate"] as const,
    tuned: ({ learningRate: change }: { learningRate?: (current: Schedule) => Schedule }) =>
      sgd({ ...options, learningRate: change?.(learningRate) ?? learningRate }),
  };
  if (momentum === 0) {
    return perParameter({
      ...settings,
      ...tuning,
      slots: {},
      scalars: (moment) => ({ learningRate: valueAt(learningRate, moment) }),
      update: (gradient, _slots, _parameter, scalars) => ({
        update: tf.neg(tf.mul(gradient, scalars.learningRate)),
        slots: {},
      }),
    });
  }
  return perParameter({
    ...settings,
    ...tuning,
    slots: { momentum: 0 },
    scalars: (moment): Record<string, number> => ({
      learningRate: valueAt(learningRate, moment),
      // The first gradient is taken whole, so that the momentum starts at its size.
      ...(dampening === 0 ? {} : { taken: moment.step === 0 ? 1 : 1 - dampening }),
    }),
    update(gradient, slots, _parameter, { learningRate: rate, taken }) {
      const part = taken === undefined ? gradient : tf.mul(gradient, taken);
      const velocity = tf.add(tf.mul(slots.momentum, momentum), part);
      const direction = nesterov ? tf.add(gradient, tf.mul(velocity, momentum)) : velocity;
      return { update: tf.neg(tf.mul(direction, rate as tf.Scalar)), slots: { momentum: velocity } };
    },
  });
}
