import type { Moment } from "../contracts/optimizer.js";
import { count } from "../contracts/options.js";
import { countOrPart, notNegative, requireOptions } from "./options.js";
import { schedule, stepsOf, type NamedSchedule } from "./schedule.js";
import { warmupSteps } from "./warmup.js";

/** A value that goes from one number to another. */
export interface DecayOptions {
  /** Value of the first step. */
  readonly from: number;
  /** Value after the last step, kept from then on. Default 0. */
  readonly to?: number;
  /** Steps it takes. Default: all steps of the run (those that `warmup` leaves). */
  readonly steps?: number;
}

const decayChecks = { from: notNegative, to: notNegative, steps: count };

/** Falls along half a cosine: `to + (from - to) (1 + cos(π t)) / 2` with `t = step / steps`, at most 1. */
export function cosine(options: DecayOptions): NamedSchedule {
  requireOptions("cosine", options, decayChecks);
  const { from, to = 0, steps } = options;
  return schedule({ type: "cosine", from, to, ...(steps === undefined ? {} : { steps }) }, (moment) =>
    cosineBetween(from, to, progress(moment.step, stepsOf("cosine", steps, moment))),
  );
}

/** Moves in a straight line: `from + (to - from) t` with `t = step / steps`, at most 1. */
export function linear(options: DecayOptions): NamedSchedule {
  requireOptions("linear", options, decayChecks);
  const { from, to = 0, steps } = options;
  return schedule({ type: "linear", from, to, ...(steps === undefined ? {} : { steps }) }, (moment) => {
    const t = progress(moment.step, stepsOf("linear", steps, moment));
    return from + (to - from) * t;
  });
}

/** Options of `warmupCosine`. */
export interface WarmupCosineOptions {
  /** Value at the end of the warm-up. */
  readonly peak: number;
  /** Number of steps, or the part of all steps when below 1. */
  readonly warmup: number;
  /** Value after the last step. Default 0. */
  readonly to?: number;
  /** Steps of warm-up and decay together. Default: all steps of the run. */
  readonly steps?: number;
}

/** Rises in a straight line to `peak`, then falls along half a cosine: `warmup(warmup, cosine({ from: peak, to }))`. */
export function warmupCosine(options: WarmupCosineOptions): NamedSchedule {
  requireOptions("warmupCosine", options, { peak: notNegative, warmup: countOrPart, to: notNegative, steps: count });
  const { peak, warmup, to = 0, steps } = options;
  const config = { type: "warmupCosine", peak, warmup, to, ...(steps === undefined ? {} : { steps }) };
  return schedule(config, (moment: Moment) => {
    const total = stepsOf("warmupCosine", steps, moment);
    const rising = warmupSteps("warmupCosine", warmup, { ...moment, totalSteps: total });
    if (moment.step < rising) return (peak * (moment.step + 1)) / rising;
    return cosineBetween(peak, to, progress(moment.step - rising, total - rising));
  });
}

function progress(step: number, steps: number): number {
  return steps <= 0 ? 1 : Math.min(1, step / steps);
}

function cosineBetween(from: number, to: number, t: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * t))) / 2;
}
