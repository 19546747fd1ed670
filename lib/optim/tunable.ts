import type { Schedule, Transform } from "../contracts/optimizer.js";

/** Changes that a group of parameters can ask for. */
export interface Tuning {
  /** From the learning rate that is set to the one to use. */
  readonly learningRate?: (current: Schedule) => Schedule;
  /** The weight decay to use. */
  readonly weightDecay?: number;
}

/** The capability of being copied with another learning rate or weight decay. */
export interface Tunable extends Transform {
  /** What can be changed. */
  readonly tunes: readonly (keyof Tuning)[];
  /** An equal transform but for these changes; those it does not know it leaves alone. */
  tuned(changes: Tuning): Tunable;
}

/** The capability that excludes it from groups: an update depends on gradients of other parameters. */
export interface AcrossParameters {
  /** True when it does; a chain does when one of its transforms does. */
  readonly acrossParameters: boolean;
}

/** Whether a transform can be copied with another learning rate or weight decay. */
export function isTunable(transform: Transform): transform is Tunable {
  return "tunes" in transform && "tuned" in transform;
}

/** Whether an update depends on gradients of other parameters. */
export function isAcrossParameters(transform: Transform): boolean {
  return "acrossParameters" in transform && transform.acrossParameters === true;
}
