import type { Moment } from "../contracts/optimizer.js";
import { UsageError } from "../errors.js";
import type { JsonObject } from "../json.js";
import * as tf from "../tensor/tf.js";
import type { Tunable, Tuning } from "./tunable.js";

/** What an optimizer does to one parameter, number by number; `perParameter` makes a transform of it. */
export interface Rule<Slot extends string, Scalar extends string> {
  readonly type: string;
  readonly config: JsonObject;
  /** Tensors kept for each parameter, of its shape, with the number they start with. */
  readonly slots: Readonly<Record<Slot, number>>;
  /** The numbers of this step. */
  scalars(moment: Moment): Readonly<Record<Scalar, number>>;
  /** What is added to the parameter, and the new slots. Runs inside a `tf.tidy`. */
  update(
    gradient: tf.Tensor,
    slots: Readonly<Record<Slot, tf.Tensor>>,
    parameter: tf.Tensor,
    scalars: Readonly<Record<Scalar, tf.Scalar>>,
  ): { readonly update: tf.Tensor; readonly slots: Readonly<Record<Slot, tf.Tensor>> };
  readonly tunes: readonly (keyof Tuning)[];
  tuned(changes: Tuning): Tunable;
}

/** A transform that treats every number of every parameter alike. */
export function perParameter<Slot extends string, Scalar extends string>(rule: Rule<Slot, Scalar>): Tunable {
  const slots = Object.keys(rule.slots) as Slot[];
  return {
    type: rule.type,
    config: rule.config,
    elementwise: true,
    tunes: rule.tunes,
    tuned: (changes) => rule.tuned(changes),
    scalars: (moment) => rule.scalars(moment),
    initialize(parameters) {
      const state: Record<string, tf.Tensor> = {};
      for (const [name, parameter] of Object.entries(parameters)) {
        for (const slot of slots) state[`${slot}/${name}`] = tf.fill(parameter.shape, rule.slots[slot]);
      }
      return state;
    },
    update(gradients, state, parameters, scalars) {
      const updates: Record<string, tf.Tensor> = {};
      const changed: Record<string, tf.Tensor> = {};
      for (const [name, gradient] of Object.entries(gradients)) {
        const own = Object.fromEntries(
          slots.map((slot) => [slot, required(rule.type, state, `${slot}/${name}`)]),
        ) as Record<Slot, tf.Tensor>;
        const parameter = required(rule.type, parameters, name);
        const result = tf.tidy(() => rule.update(gradient, own, parameter, scalars as Record<Scalar, tf.Scalar>));
        updates[name] = result.update;
        for (const slot of slots) changed[`${slot}/${name}`] = result.slots[slot];
      }
      return { updates, state: changed };
    },
  };
}

function required(type: string, tensors: Readonly<Record<string, tf.Tensor>>, name: string): tf.Tensor {
  const tensor = tensors[name];
  if (tensor !== undefined) return tensor;
  throw new UsageError(
    `${type}: there is no tensor "${name}"; give update the parameters and the state that initialize was given and returned`,
  );
}

/** `rate · previous + (1 - rate) · next`. */
export function movingAverage(previous: tf.Tensor, next: tf.Tensor, rate: number): tf.Tensor {
  return tf.add(tf.mul(previous, rate), tf.mul(next, 1 - rate));
}
