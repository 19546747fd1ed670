import * as tf from "likewise/tf";
import type { Transform } from "likewise/optim";

/** Numbers by parameter, flat. */
export type Numbers = Readonly<Record<string, readonly number[]>>;

/** A parameter with its shape. */
export interface Given {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/**
 * Parameters after each step, with gradients that are a function of the step and of the parameters. State goes through host memory,
 * as it does between an engine and a checkpoint; leaves no tensor.
 */
export function runSteps(
  transform: Transform,
  start: Readonly<Record<string, Given>>,
  gradientsAt: (step: number, parameters: Numbers) => Numbers,
  steps: number,
  totalSteps: number | null = steps,
): Numbers[] {
  let values = Object.fromEntries(Object.entries(start).map(([name, given]) => [name, [...given.values]]));
  const shape = (name: string): number[] => [...(start[name] as Given).shape];
  const upload = (numbers: Numbers): Record<string, tf.Tensor> =>
    Object.fromEntries(Object.entries(numbers).map(([name, list]) => [name, tf.tensor([...list], shape(name))]));
  const keep = (tensors: Readonly<Record<string, tf.Tensor>>): Record<string, { shape: number[]; values: number[] }> =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => [
        name,
        { shape: tensor.shape, values: Array.from(tensor.dataSync()) },
      ]),
    );
  let state: ReturnType<typeof keep> = {};
  tf.tidy(() => {
    state = keep(transform.initialize(upload(values)));
  });
  const seen: Numbers[] = [];
  for (let step = 0; step < steps; step += 1) {
    tf.tidy(() => {
      const parameters = upload(values);
      const slots = Object.fromEntries(
        Object.entries(state).map(([name, slot]) => [name, tf.tensor(slot.values, slot.shape)]),
      );
      const scalars = Object.fromEntries(
        Object.entries(transform.scalars({ step, totalSteps })).map(([name, value]) => [name, tf.scalar(value)]),
      );
      const result = transform.update(upload(gradientsAt(step, values)), slots, parameters, scalars);
      const moved = Object.entries(parameters).map(([name, parameter]) => {
        const update = result.updates[name] as tf.Tensor;
        if (update.shape.join() !== parameter.shape.join())
          throw new Error(`${name}: update of shape [${update.shape.join()}]`);
        return [name, Array.from(tf.add(parameter, update).dataSync())];
      });
      values = Object.fromEntries(moved) as Record<string, number[]>;
      const next = keep(result.state);
      if (Object.keys(next).sort().join() !== Object.keys(state).sort().join())
        throw new Error("the names of the state changed");
      state = next;
    });
    seen.push(values);
  }
  return seen;
}
