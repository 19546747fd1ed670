import { ConfigError } from "../errors.js";

/** What is wrong with a value, or null. */
export type Check = (value: unknown) => string | null;

/**
 * Checks the options of a function that makes a transform or a schedule.
 *
 * @throws ConfigError listing every problem, options that do not exist included.
 */
export function requireOptions(
  who: string,
  options: object,
  checks: Readonly<Record<string, Check>>,
  ...more: readonly (string | null)[]
): void {
  const problems: string[] = [];
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    const problem =
      check === undefined
        ? `is not an option; known: ${Object.keys(checks).join(", ")}`
        : value === undefined
          ? null
          : check(value);
    if (problem !== null) problems.push(`${name} ${problem}`);
  }
  problems.push(...more.filter((problem) => problem !== null));
  if (problems.length > 0) throw new ConfigError(who, problems);
}

const show = (value: unknown): string => (typeof value === "number" ? String(value) : JSON.stringify(value));

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/** A number >= 0. */
export const notNegative: Check = (value) =>
  isNumber(value) && value >= 0 ? null : `must be a number >= 0, got ${show(value)}`;

/** A number > 0. */
export const positive: Check = (value) =>
  isNumber(value) && value > 0 ? null : `must be a number > 0, got ${show(value)}`;

/** A number in [0, 1). */
export const belowOne: Check = (value) =>
  isNumber(value) && value >= 0 && value < 1 ? null : `must be a number in [0, 1), got ${show(value)}`;

/** Two numbers in [0, 1). */
export const twoBelowOne: Check = (value) =>
  Array.isArray(value) && value.length === 2 && value.every((item) => belowOne(item) === null)
    ? null
    : `must be two numbers in [0, 1), got ${show(value)}`;

export const truth: Check = (value) =>
  typeof value === "boolean" ? null : `must be true or false, got ${show(value)}`;

/** A count >= 1. */
export const count: Check = (value) =>
  isNumber(value) && Number.isInteger(value) && value >= 1 ? null : `must be an integer >= 1, got ${show(value)}`;

/** A number >= 0, or a function of the step. */
export const schedule: Check = (value) =>
  typeof value === "function" || notNegative(value) === null
    ? null
    : `must be a number >= 0 or a schedule, got ${show(value)}`;

/** A count of steps, or the part of all steps in (0, 1). */
export const countOrPart: Check = (value) =>
  isNumber(value) && value >= 0 && (value < 1 || Number.isInteger(value))
    ? null
    : `must be a number of steps, or the part of all steps in [0, 1), got ${show(value)}`;
