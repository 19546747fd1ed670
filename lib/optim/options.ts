import {
  above,
  atLeast,
  count,
  optionProblems,
  refuse,
  share,
  type Check,
  type Problem,
} from "../contracts/options.js";
import { show } from "../show.js";

/**
 * Checks the options of a function that makes a transform or a schedule.
 *
 * @throws ConfigError listing every problem, options that do not exist included.
 */
export function requireOptions(
  who: string,
  options: object,
  checks: Readonly<Record<string, Check>>,
  ...more: readonly Problem[]
): void {
  refuse(who, [...optionProblems(options, checks), ...more]);
}

/** A number >= 0. */
export const notNegative: Check = (name, value) => atLeast(name, value, 0);

/** A number > 0. */
export const positive: Check = (name, value) => above(name, value, 0);

/** Two numbers in [0, 1). */
export const twoBelowOne: Check = (name, value) =>
  Array.isArray(value) && value.length === 2 && value.every((item) => share(name, item) === null)
    ? null
    : `${name}: expected two numbers from 0 to less than 1, got ${show(value)}`;

/** A number >= 0, or a function of the step. */
export const schedule: Check = (name, value) =>
  typeof value === "function" || notNegative(name, value) === null
    ? null
    : `${name}: expected a number of at least 0 or a schedule, got ${show(value)}`;

/** A count of steps, or the part of all steps in [0, 1). */
export const countOrPart: Check = (name, value) =>
  share(name, value) === null || count(name, value) === null
    ? null
    : `${name}: expected a number of steps, or the part of all steps from 0 to less than 1, got ${show(value)}`;
