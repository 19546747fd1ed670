import { Random } from "../random.js";
import type { HostTensor, HostTensors } from "../tensor/host.js";
import type * as tf from "../tensor/tf.js";
import { mapEntries, type Tensors } from "../tensor/tree.js";
import { gradientsOf } from "./gradient.js";
import { runTwice } from "./run-twice.js";

/**
 * Says which parameters do not matter at all. All are random meanwhile: many parts start with zeros, behind which nothing has a gradient.
 *
 * @param parameters the numbers they start with, of which only the shapes are read.
 * @param rest what else `compute` is given.
 */
export function unusedProblems(
  compute: (given: Tensors) => tf.Scalar,
  parameters: HostTensors,
  rest: HostTensors,
): string[] {
  const random = new Random("unused");
  const drawn = mapEntries<HostTensor, HostTensor>(parameters, ({ data, shape }) => ({
    data: random.normals(data.length),
    shape,
  }));
  const { result } = runTwice("the gradient", () => gradientsOf(compute, { ...drawn, ...rest }));
  return Object.keys(parameters)
    .filter((name) => result?.[name]?.data.every((slope) => slope === 0) === true)
    .map((name) => `${name} changes nothing: its gradient is zero everywhere`);
}
