import { refuse, type Problem } from "../contracts/options.js";
import type { Transform, Updated } from "../contracts/optimizer.js";
import { show } from "../show.js";
import * as tf from "../tensor/tf.js";
import type { Tensors } from "../tensor/tree.js";

/**
 * Makes sure that an optimizer gave what `Transform` promises: a scalar in the place of a matrix would be broadcast silently, and a parameter
 * that is left out would never be trained.
 *
 * @throws ConfigError listing every tensor that is missing, unknown or of another type or shape.
 */
export function requireUpdated(optimizer: Transform, given: Tensors, before: Tensors, updated: Updated): void {
  const { updates, state } = (updated as Partial<Updated> | undefined) ?? {};
  refuse(`optimizer ${nameOf(optimizer)}`, [
    ...differences("updates", "the gradients", given, updates),
    ...differences("state", "the state it was given", before, state),
  ]);
}

function differences(what: keyof Updated, given: string, expected: Tensors, found: Tensors | undefined): Problem[] {
  if (typeof found !== "object" || found === null)
    return [`update returned ${show(found)} as ${what}, expected tensors by the names of ${given}`];
  return [
    ...Object.entries(expected).map(([name, tensor]) => {
      const [wanted, got] = [layout(tensor), layout(found[name])];
      return wanted === got ? null : `update returned ${got} as ${what} of "${name}", expected ${wanted}`;
    }),
    ...Object.keys(found)
      .filter((name) => !(name in expected))
      .map((name) => `update returned ${what} of "${name}", which is not among ${given}`),
  ];
}

function layout(value: unknown): string {
  if (!(value instanceof tf.Tensor)) return show(value);
  const { dtype, shape } = value as tf.Tensor;
  return `${dtype} [${shape.join(", ")}]`;
}

/** With the members of a chain, such as the one that clipping makes. */
function nameOf({ type, config: { transforms } }: Transform): string {
  if (!Array.isArray(transforms)) return type;
  return `${type}(${transforms.map((member) => (member as unknown as Transform).type).join(", ")})`;
}
