import { UsageError } from "../errors.js";
import type { HostTensors } from "../tensor/host.js";

/** Type and shape of a carried tensor; they never change. */
export interface Layout {
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** @throws UsageError when there is no carried tensor of this name, or it has another type or shape. */
export function requireLayout(
  who: string,
  carried: Readonly<Record<string, Layout>>,
  name: string,
  { dtype, shape }: Layout,
): void {
  const present = carried[name];
  if (present === undefined) {
    throw new UsageError(`${who}: there is no carried tensor "${name}"; there are ${Object.keys(carried).join(", ")}`);
  }
  if (present.dtype !== dtype || present.shape.join() !== shape.join()) {
    throw new UsageError(
      `${who}: carried tensor "${name}" is ${present.dtype} [${present.shape.join(", ")}], got ${dtype} [${shape.join(", ")}]`,
    );
  }
}

/** @throws UsageError unless every value may replace the carried tensor of its name. */
export function requireLayouts(who: string, carried: Readonly<Record<string, Layout>>, values: HostTensors): void {
  for (const [name, { data, shape }] of Object.entries(values))
    requireLayout(who, carried, name, { dtype: data instanceof Int32Array ? "int32" : "float32", shape });
}
