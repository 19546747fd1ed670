import type { Random } from "../lib/random.js";
import { hostTensor, type HostTensor } from "../lib/tensor/host.js";

/** `[length]`, the same number everywhere. */
export function constant(length: number, value: number): HostTensor {
  return hostTensor(new Float32Array(length).fill(value), [length]);
}

/**
 * `[inputs, outputs]`, uniform within ±√(6 / (inputs + outputs)).
 *
 * Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010.
 */
export function glorotUniform(random: Random, inputs: number, outputs: number): HostTensor {
  const limit = Math.sqrt(6 / (inputs + outputs));
  return hostTensor(random.uniforms(inputs * outputs, -limit, limit), [inputs, outputs]);
}

/**
 * `[inputs, outputs]` with orthonormal columns, or orthonormal rows when there are more outputs than inputs: lengths and angles
 * change as little as the widths allow. Costs `inputs · outputs · min(inputs, outputs)`, one or two seconds for 2,048 × 512.
 *
 * Saxe, McClelland, Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", ICLR 2014.
 */
export function orthogonal(random: Random, inputs: number, outputs: number): HostTensor {
  const count = Math.min(inputs, outputs);
  const length = Math.max(inputs, outputs);
  const vectors = orthonormal(random, count, length);
  if (outputs >= inputs) return hostTensor(Float32Array.from(vectors), [inputs, outputs]);
  const kernel = new Float32Array(inputs * outputs);
  for (let row = 0; row < inputs; row += 1) {
    for (let column = 0; column < outputs; column += 1)
      kernel[row * outputs + column] = vectors[column * length + row]!;
  }
  return hostTensor(kernel, [inputs, outputs]);
}

/** `count` orthonormal vectors of `length`, by the modified method of Gram and Schmidt. */
function orthonormal(random: Random, count: number, length: number): Float64Array {
  const vectors = Float64Array.from(random.normals(count * length));
  for (let own = 0; own < count; own += 1) {
    const vector = vectors.subarray(own * length, (own + 1) * length);
    for (let other = 0; other < own; other += 1) {
      const before = vectors.subarray(other * length, (other + 1) * length);
      const along = dot(vector, before);
      for (let i = 0; i < length; i += 1) vector[i]! -= along * before[i]!;
    }
    const size = Math.sqrt(dot(vector, vector));
    for (let i = 0; i < length; i += 1) vector[i]! /= size;
  }
  return vectors;
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i += 1) sum += x[i]! * y[i]!;
  return sum;
}
