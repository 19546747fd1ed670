import type { Transform } from "../contracts/optimizer.js";
import { ConfigError } from "../errors.js";
import * as tf from "../tensor/tf.js";
import { scoped, within } from "./scope.js";
import { isAcrossParameters, isTunable, type AcrossParameters, type Tunable } from "./tunable.js";

/**
 * One transform after the other: the updates of each are the gradients of the next. The last is an optimizer:
 * `chain(clipGlobalNorm(1), adamw())`. Slots and scalars are called `<type>.<name>`, for a repeated type `<type>2.<name>`.
 */
export function chain(...transforms: readonly Transform[]): Tunable & AcrossParameters {
  if (transforms.length === 0) throw new ConfigError("chain", ["needs at least one transform, such as adamw()"]);
  const members = named(transforms);
  return {
    type: "chain",
    config: { transforms: transforms.map(({ type, config }) => ({ type, config })) },
    elementwise: transforms.every(({ elementwise }) => elementwise),
    acrossParameters: transforms.some(isAcrossParameters),
    tunes: [...new Set(transforms.flatMap((transform) => (isTunable(transform) ? transform.tunes : [])))],
    tuned: (changes) =>
      chain(...transforms.map((transform) => (isTunable(transform) ? transform.tuned(changes) : transform))),
    initialize: (parameters) =>
      Object.assign(
        {},
        ...members.map(([name, transform]) => scoped(name, transform.initialize(parameters))),
      ) as Record<string, tf.Tensor>,
    scalars: (moment) =>
      Object.assign({}, ...members.map(([name, transform]) => scoped(name, transform.scalars(moment)))) as Record<
        string,
        number
      >,
    update: (gradients, state, parameters, scalars) =>
      tf.tidy(() => {
        let updates: Record<string, tf.Tensor> = { ...gradients };
        const changed: Record<string, tf.Tensor> = {};
        for (const [name, transform] of members) {
          const result = transform.update(updates, within(name, state), parameters, within(name, scalars));
          updates = result.updates;
          Object.assign(changed, scoped(name, result.state));
        }
        return { updates, state: changed };
      }),
  };
}

function named(transforms: readonly Transform[]): readonly (readonly [name: string, transform: Transform])[] {
  const seen = new Map<string, number>();
  return transforms.map((transform) => {
    const times = (seen.get(transform.type) ?? 0) + 1;
    seen.set(transform.type, times);
    return [times === 1 ? transform.type : `${transform.type}${times}`, transform];
  });
}
