import { UsageError } from "../errors.js";
import { show } from "../show.js";
import * as tf from "../tensor/tf.js";
import type { LossValue } from "./loss.js";

/**
 * What a loss returned, with a weight.
 * @throws UsageError for anything but scalars; a gradient would take the sum of what has more numbers.
 */
export function lossValue({ type }: { readonly type: string }, returned: LossValue | tf.Scalar): LossValue {
  if (isScalar(returned)) return { value: returned, weight: tf.scalar(1) };
  if (hasScalars(returned)) return returned;
  // It is no use to anybody, and a failure of it would end the process.
  if ((returned as unknown) instanceof Promise) (returned as unknown as Promise<unknown>).catch(() => undefined);
  throw new UsageError(
    `loss ${type} returned ${described(returned)}; return a scalar, such as tf.mean of the losses of all samples, or ` +
      "{ value, weight, terms } of scalars",
  );
}

function isScalar(value: unknown): value is tf.Scalar {
  return value instanceof tf.Tensor && value.rank === 0;
}

function hasScalars(returned: unknown): boolean {
  if (typeof returned !== "object" || returned === null) return false;
  const { value, weight, terms } = returned as Partial<LossValue>;
  return isScalar(value) && isScalar(weight) && Object.values(terms ?? {}).every(isScalar);
}

function described(value: unknown): string {
  if (isScalar(value)) return "a scalar";
  if (value instanceof tf.Tensor) return `a tensor [${(value as tf.Tensor).shape.join(", ")}]`;
  if (value instanceof Promise) return "a promise, but losses are not async";
  if (typeof value !== "object" || value === null) return show(value);
  const entries = Object.entries(value).map(([name, part]) => `${name}: ${described(part)}`);
  return `{ ${entries.join(", ")} }`;
}
