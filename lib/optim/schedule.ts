import type { Moment, Schedule } from "../contracts/optimizer.js";
import { UsageError } from "../errors.js";
import type { Json, JsonObject } from "../json.js";

/** A function of the step that knows how to say what it is; made by `constant`, `warmup`, `cosine`, `linear` and their like. */
export interface NamedSchedule {
  (moment: Moment): number;
  /** What it is, as JSON. */
  readonly config: JsonObject;
}

/** Makes a named schedule. */
export function schedule(config: JsonObject, at: (moment: Moment) => number): NamedSchedule {
  return Object.assign((moment: Moment) => at(moment), { config });
}

/** What a schedule is, as JSON. A function without a `config` is `{ type: "custom" }`: equal to every other custom one. */
export function scheduleConfig(given: Schedule): Json {
  if (typeof given === "number") return given;
  return "config" in given ? (given.config as JsonObject) : { type: "custom" };
}

/** @throws UsageError when a schedule gives something that is not a number >= 0. */
export function valueAt(given: Schedule, moment: Moment): number {
  const value = typeof given === "number" ? given : given(moment);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new UsageError(
    `the schedule ${JSON.stringify(scheduleConfig(given))} gives ${String(value)} at step ${moment.step}; expected a number >= 0`,
  );
}

/** The number of steps a schedule spans: as given, or those of the run. @throws UsageError when neither is known. */
export function stepsOf(who: string, given: number | undefined, { totalSteps }: Moment): number {
  const steps = given ?? totalSteps;
  if (steps !== null) return steps;
  throw new UsageError(
    `${who} has to know how many steps there are, and this run does not say; give ${who} the option steps, ` +
      `or train with maxSteps or with a loader that knows its length`,
  );
}
