import type { Moment, Schedule } from "../contracts/optimizer.js";
import { refuse } from "../contracts/options.js";
import { countOrPart, notNegative, schedule as scheduleCheck } from "./options.js";
import { schedule, scheduleConfig, stepsOf, valueAt, type NamedSchedule } from "./schedule.js";

/** Always the same number. */
export function constant(value: number): NamedSchedule {
  refuse("constant", [notNegative("value", value)]);
  return schedule({ type: "constant", value }, () => value);
}

/**
 * Rises in a straight line to the first value of `then`, which takes over afterwards: update `i` of `n` (from 1) uses `i / n` of it,
 * so that no update is done at rate 0. To `then` the warm-up's steps do not exist: it starts at step 0 and spans those that are left.
 *
 * @param steps number of steps, or the part of all steps when below 1 (rounded up)
 */
export function warmup(steps: number, then: Schedule): NamedSchedule {
  refuse("warmup", [countOrPart("steps", steps), scheduleCheck("then", then)]);
  return schedule({ type: "warmup", steps, then: scheduleConfig(then) }, (moment) => {
    const rising = warmupSteps("warmup", steps, moment);
    const totalSteps = moment.totalSteps === null ? null : Math.max(0, moment.totalSteps - rising);
    const step = Math.max(0, moment.step - rising);
    const value = valueAt(then, { step, totalSteps });
    return moment.step < rising ? (value * (moment.step + 1)) / rising : value;
  });
}

/** How many steps a warm-up takes. */
export function warmupSteps(who: string, steps: number, moment: Moment): number {
  if (steps >= 1 || steps === 0) return steps;
  // 0.07 of 100 are 7, though the product is 7.000000000000001.
  return Math.ceil(steps * stepsOf(who, undefined, moment) - 1e-6);
}

/** Another schedule times a number. */
export function scaled(given: Schedule, factor: number): Schedule {
  refuse("scaled", [scheduleCheck("schedule", given), notNegative("factor", factor)]);
  if (typeof given === "number") return given * factor;
  return schedule(
    { type: "scaled", factor, schedule: scheduleConfig(given) },
    (moment) => factor * valueAt(given, moment),
  );
}
