import { ConfigError } from "../errors.js";
import type { AttachedMetric } from "../contracts/metric.js";
import type { Kind } from "../contracts/samples.js";
import type { Scalars } from "./events.js";

/** Which way is better. */
export type Direction = "min" | "max";

/** A watched name with the direction in which it gets better. */
export interface Watched {
  readonly monitor: string;
  readonly mode: Direction;
}

/** True when a value was of something else, or had another direction; null and undefined = that is not known. */
export function isOther(before: Watched | null | undefined, now: Watched): before is Watched {
  return before?.monitor !== undefined && (before.monitor !== now.monitor || before.mode !== now.mode);
}

/**
 * Fills in what the user left open: the name (validation loss, or the train loss without a validation loader) and the direction (the
 * metric's own, what a callback says of its numbers, "min" for everything else).
 */
export function watched<K extends Kind>(
  given: { readonly monitor: string | null; readonly mode: Direction | null },
  metrics: readonly AttachedMetric<K>[],
  hasValidation: boolean,
  directions: Readonly<Record<string, Direction>> = {},
): Watched {
  const monitor = given.monitor ?? (hasValidation ? "validation/loss" : "train/loss");
  return { monitor, mode: given.mode ?? directions[monitor] ?? directionOf(monitor, metrics) };
}

function directionOf<K extends Kind>(monitor: string, metrics: readonly AttachedMetric<K>[]): Direction {
  const name = monitor.slice(monitor.indexOf("/") + 1);
  return metrics.some((attached) => attached.name === name && attached.metric.higherIsBetter) ? "max" : "min";
}

/** @throws ConfigError listing the names that were logged. */
export function valueOf(who: string, { monitor }: Watched, values: Scalars): number {
  const value = values[monitor];
  if (value === undefined) {
    throw new ConfigError(who, [
      `monitor: "${monitor}" was not logged; there are: ${Object.keys(values).sort().join(", ")}`,
    ]);
  }
  return value;
}

/** The best value so far. */
export class Best {
  value: number | null = null;

  constructor(
    readonly mode: Direction,
    readonly minDelta = 0,
  ) {}

  /** Takes the value when it is better by more than `minDelta`. NaN is never better. */
  improve(value: number): boolean {
    if (Number.isNaN(value)) return false;
    if (this.value !== null && !(this.#gain(value, this.value) > this.minDelta)) return false;
    this.value = value;
    return true;
  }

  /** At least as good as a threshold. */
  reaches(value: number, threshold: number): boolean {
    return this.#gain(value, threshold) >= 0;
  }

  #gain(value: number, than: number): number {
    return this.mode === "min" ? than - value : value - than;
  }
}
