import { ConfigError } from "../lib/errors.js";
import type { JsonObject } from "../lib/json.js";

/** What is wrong with an option, or null. */
type Problem = string | null;

/** @throws ConfigError listing all problems. */
export function refuse(who: string, problems: readonly Problem[]): void {
  const found = problems.filter((problem) => problem !== null);
  if (found.length > 0) throw new ConfigError(who, found);
}

export function atLeast(name: string, value: unknown, least: number): Problem {
  return isNumber(value) && value >= least
    ? null
    : `${name}: expected a number of at least ${least}, got ${show(value)}`;
}

export function above(name: string, value: unknown, bound: number): Problem {
  return isNumber(value) && value > bound ? null : `${name}: expected a number above ${bound}, got ${show(value)}`;
}

export function wholeNumber(name: string, value: unknown, least: number): Problem {
  return Number.isInteger(value) && (value as number) >= least
    ? null
    : `${name}: expected a whole number of at least ${least}, got ${show(value)}`;
}

export function oneOf(name: string, value: unknown, allowed: readonly string[]): Problem {
  return allowed.includes(value as string)
    ? null
    : `${name}: expected one of ${allowed.join(", ")}, got ${show(value)}`;
}

export function flag(name: string, value: unknown): Problem {
  return typeof value === "boolean" ? null : `${name}: expected true or false, got ${show(value)}`;
}

/**
 * The saved configuration of a loss as constructor options; the constructor checks the values.
 * @throws ConfigError when a key is missing or unknown.
 */
export function savedOptions<Options>(
  who: string,
  config: JsonObject,
  keys: readonly (keyof Options & string)[],
): Options {
  const known: readonly string[] = keys;
  refuse(who, [
    ...keys.filter((key) => !(key in config)).map((key) => `${key}: missing in the saved configuration`),
    ...Object.keys(config)
      .filter((key) => !known.includes(key))
      .map((key) => `${key}: unknown in a saved configuration; known: ${known.join(", ")}`),
  ]);
  return config as unknown as Options;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function show(value: unknown): string {
  return typeof value === "number" || value === undefined ? String(value) : JSON.stringify(value);
}
