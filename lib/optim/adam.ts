import type { Moment, Schedule } from "../contracts/optimizer.js";
import { flag } from "../contracts/options.js";
import * as tf from "../tensor/tf.js";
import { notNegative, positive, requireOptions, schedule, twoBelowOne } from "./options.js";
import { movingAverage, perParameter, type Rule } from "./per-parameter.js";
import { scheduleConfig, valueAt } from "./schedule.js";
import type { Tunable } from "./tunable.js";

/** Options of `adam`. */
export interface AdamOptions {
  /** Default 1e-3. */
  readonly learningRate?: Schedule;
  /** Decay of the averages of gradients and of their squares, each in [0, 1). Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the squares. Default 1e-8. */
  readonly epsilon?: number;
  /** Divide by the largest average of squares so far (Reddi, Kale, Kumar, ICLR 2018). Default false. */
  readonly amsgrad?: boolean;
}

/** Options of `adamw`. */
export interface AdamwOptions extends AdamOptions {
  /** Part of each weight that is taken away at every step, times the learning rate. Default 1e-2. */
  readonly weightDecay?: number;
}

const checks = { learningRate: schedule, betas: twoBelowOne, epsilon: positive, amsgrad: flag };

/**
 * Adam: `m = β₁ m + (1 - β₁) g`, `v = β₂ v + (1 - β₂) g²`, `p = p - learningRate · m̂ / (√v̂ + epsilon)` with `m̂ = m / (1 - β₁ᵗ)` and
 * `v̂ = v / (1 - β₂ᵗ)`. For L2 regularization put `addDecayedWeights` before it; for decoupled weight decay use `adamw`.
 *
 * Kingma, Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.
 */
export function adam(options: AdamOptions = {}): Tunable {
  requireOptions("adam", options, checks);
  const given = { ...options, weightDecay: 0 };
  return perParameter({
    ...rule(given),
    type: "adam",
    config: config(given),
    tunes: ["learningRate"],
    tuned: ({ learningRate: change }) => adam({ ...options, ...changed(options, change) }),
  });
}

/**
 * Adam with decoupled weight decay: as `adam`, and `p = p - learningRate · weightDecay · p`. The decay applies to every parameter;
 * `parameterGroups` can spare some.
 *
 * Loshchilov, Hutter, "Decoupled Weight Decay Regularization", ICLR 2019.
 */
export function adamw(options: AdamwOptions = {}): Tunable {
  requireOptions("adamw", options, { ...checks, weightDecay: notNegative });
  const { weightDecay = 1e-2 } = options;
  const given = { ...options, weightDecay };
  return perParameter({
    ...rule(given),
    type: "adamw",
    config: { ...config(given), weightDecay },
    tunes: ["learningRate", "weightDecay"],
    tuned: ({ learningRate: change, weightDecay: decay = weightDecay }) =>
      adamw({ ...given, ...changed(options, change), weightDecay: decay }),
  });
}

const DEFAULT_RATE = 1e-3;

function changed({ learningRate = DEFAULT_RATE }: AdamOptions, change: ((current: Schedule) => Schedule) | undefined) {
  return { learningRate: change?.(learningRate) ?? learningRate };
}

function config({ learningRate = DEFAULT_RATE, betas = [0.9, 0.999], epsilon = 1e-8, amsgrad = false }: AdamOptions) {
  return { learningRate: scheduleConfig(learningRate), betas: [...betas], epsilon, amsgrad };
}

type AdamRule = Pick<
  Rule<string, "learningRate" | "firstCorrection" | "secondCorrection">,
  "slots" | "scalars" | "update"
>;

function rule({
  learningRate = DEFAULT_RATE,
  betas: [beta1, beta2] = [0.9, 0.999],
  epsilon = 1e-8,
  amsgrad = false,
  weightDecay,
}: AdamOptions & { readonly weightDecay: number }): AdamRule {
  return {
    slots: { first: 0, second: 0, ...(amsgrad ? { largest: 0 } : {}) },
    scalars: (moment: Moment) => ({
      learningRate: valueAt(learningRate, moment),
      firstCorrection: 1 / (1 - beta1 ** (moment.step + 1)),
      secondCorrection: 1 / Math.sqrt(1 - beta2 ** (moment.step + 1)),
    }),
    update(gradient, slots, parameter, { learningRate: rate, firstCorrection, secondCorrection }) {
      const first = movingAverage(slots["first"] as tf.Tensor, gradient, beta1);
      const second = movingAverage(slots["second"] as tf.Tensor, tf.square(gradient), beta2);
      const largest = amsgrad ? tf.maximum(slots["largest"] as tf.Tensor, second) : second;
      const root = tf.add(tf.mul(tf.sqrt(largest), secondCorrection), epsilon);
      const direction = tf.div(tf.mul(first, firstCorrection), root);
      const decayed = weightDecay === 0 ? direction : tf.add(direction, tf.mul(parameter, weightDecay));
      return { update: tf.neg(tf.mul(decayed, rate)), slots: { first, second, ...(amsgrad ? { largest } : {}) } };
    },
  };
}
