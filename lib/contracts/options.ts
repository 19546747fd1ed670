import { ConfigError } from "../errors.js";
import type { JsonObject } from "../json.js";

/** What is wrong with an option, or null. */
export type Problem = string | null;

/** @throws ConfigError listing all problems. */
export function refuse(who: string, problems: readonly Problem[]): void {
  const found = problems.filter((problem) => problem !== null);
  if (found.length > 0) throw new ConfigError(who, found);
}

export function wholeNumber(name: string, value: unknown, least: number, most = Infinity): Problem {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return null;
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  return `${name}: expected a whole number ${range}, got ${show(value)}`;
}

/** From 0 to less than 1. */
export function share(name: string, value: unknown): Problem {
  return typeof value === "number" && value >= 0 && value < 1
    ? null
    : `${name}: expected a number from 0 to less than 1, got ${show(value)}`;
}

export function oneOf(name: string, value: unknown, allowed: readonly string[]): Problem {
  return allowed.includes(value as string)
    ? null
    : `${name}: expected one of ${allowed.join(", ")}, got ${show(value)}`;
}

export function flag(name: string, value: unknown): Problem {
  return typeof value === "boolean" ? null : `${name}: expected true or false, got ${show(value)}`;
}

/** Refuses options that the constructor does not know; for callers without a compiler. */
export function unknownOptions(given: object, keys: readonly string[]): Problem[] {
  return Object.keys(given)
    .filter((key) => !keys.includes(key))
    .map((key) => `${key}: unknown option; known: ${keys.join(", ")}`);
}

/**
 * The saved configuration of a part as constructor options; the constructor checks the values.
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

export function show(value: unknown): string {
  return typeof value === "number" || value === undefined ? String(value) : JSON.stringify(value);
}
