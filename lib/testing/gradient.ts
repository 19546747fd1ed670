import { differentiate } from "../tensor/differentiate.js";
import { downloadSync, type HostTensor, type HostTensors, upload } from "../tensor/host.js";
import * as tf from "../tensor/tf.js";
import { mapEntries, type Tensors } from "../tensor/tree.js";

/** How a gradient is checked against central differences. */
export interface GradientCheckOptions {
  /** Step of the differences. Default 1e-2: single precision allows no less. */
  readonly step?: number;
  /** Largest error relative to the larger of both values. Default 0.03. */
  readonly relative?: number;
  /** Error that is always allowed. Default 5e-3. */
  readonly absolute?: number;
  /** Numbers checked of each tensor, spread evenly. Default 20. */
  readonly samples?: number;
}

/**
 * Compares the gradient of a scalar function with central differences `(f(x + h) - f(x - h)) / 2h` of the same function.
 * Needs a tfjs backend (`await prepareBackend()`, from here); leaves no tensor.
 *
 * @returns one sentence for each number that disagrees; empty when all agree.
 */
export function checkGradient(
  compute: (parameters: Tensors) => tf.Scalar,
  at: HostTensors,
  { step = 1e-2, relative = 0.03, absolute = 5e-3, samples = 20 }: GradientCheckOptions = {},
): string[] {
  const problems: string[] = [];
  let analytic: HostTensors = {};
  tf.tidy(() => {
    const { gradients } = differentiate(mapEntries(at, upload), (parameters) => ({
      value: compute(parameters),
      rest: {},
    }));
    analytic = mapEntries(gradients, downloadSync);
  });
  for (const [name, tensor] of Object.entries(at)) {
    const count = tensor.data.length;
    const stride = Math.max(1, Math.floor(count / samples));
    for (let position = 0; position < count; position += stride) {
      const above = valueAt(compute, at, name, moved(tensor, position, step));
      const below = valueAt(compute, at, name, moved(tensor, position, -step));
      const expected = (above - below) / (2 * step);
      const got = analytic[name]?.data[position] ?? NaN;
      const error = Math.abs(got - expected);
      if (!(error <= absolute + relative * Math.max(Math.abs(got), Math.abs(expected)))) {
        problems.push(`gradient of ${name}[${position}] is ${got}, differences give ${expected}`);
      }
    }
  }
  return problems;
}

function moved({ data, shape }: HostTensor, position: number, step: number): HostTensor {
  const copy = data.slice();
  copy[position] = (copy[position] as number) + step;
  return { data: copy, shape };
}

function valueAt(
  compute: (parameters: Tensors) => tf.Scalar,
  at: HostTensors,
  name: string,
  replaced: HostTensor,
): number {
  return tf.tidy(() => compute(mapEntries({ ...at, [name]: replaced }, upload)).dataSync()[0] as number);
}
