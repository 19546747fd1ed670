import { ConfigError } from "../errors.js";
import type { JsonObject } from "../json.js";
import { show } from "../show.js";

/** What is wrong with an option, or null. */
export type Problem = string | null;

/** Looks at the value of an option. */
export type Check = (name: string, value: unknown) => Problem;

/** @throws ConfigError listing all problems. */
export function refuse(who: string, problems: readonly Problem[]): void {
  const found = problems.filter((problem) => problem !== null);
  if (found.length > 0) throw new ConfigError(who, found);
}

/** Refuses what is no object where options or parts by name are needed; for callers without a compiler. @throws ConfigError. */
export function requireOptions(who: string, given: unknown, expected: string): void {
  if (typeof given !== "object" || given === null) refuse(who, [`expected ${expected}, got ${show(given)}`]);
}

/** What a loss is told of the model: a loss that takes some of it may be given all of it, `new ArcFaceLoss(context)`. */
const CONTEXT: readonly string[] = ["embeddingSize", "groups", "guideSize"];

/** Refuses options that the constructor does not know; for callers without a compiler. */
export function unknownOptions(given: object, keys: readonly string[]): Problem[] {
  const ignored = keys.includes("embeddingSize") ? CONTEXT : [];
  return Object.keys(given)
    .filter((key) => !keys.includes(key) && !ignored.includes(key))
    .map((key) => `${key}: unknown option; known: ${keys.join(", ")}`);
}

/** What is wrong with an options object: names without a check, and values that were given and do not pass theirs. */
export function optionProblems(given: object, checks: Readonly<Record<string, Check>>): Problem[] {
  const values = given as Readonly<Record<string, unknown>>;
  return [
    ...unknownOptions(given, Object.keys(checks)),
    ...Object.entries(checks).map(([name, check]) => (values[name] === undefined ? null : check(name, values[name]))),
  ];
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
    ...keys.filter((key) => !Object.hasOwn(config, key)).map((key) => `${key}: missing in the saved configuration`),
    ...Object.keys(config)
      .filter((key) => !known.includes(key))
      .map((key) => `${key}: unknown in a saved configuration; known: ${known.join(", ")}`),
  ]);
  return config as unknown as Options;
}

/** A number, neither NaN nor infinite. */
export function finite(name: string, value: unknown): Problem {
  return Number.isFinite(value) ? null : `${name}: expected a number, got ${show(value)}`;
}

/** A number, neither NaN nor infinite, of at least `least`. */
export function atLeast(name: string, value: unknown, least: number): Problem {
  return Number.isFinite(value) && (value as number) >= least
    ? null
    : `${name}: expected a number of at least ${least}, got ${show(value)}`;
}

/** A number, neither NaN nor infinite, above `bound`. */
export function above(name: string, value: unknown, bound: number): Problem {
  return Number.isFinite(value) && (value as number) > bound
    ? null
    : `${name}: expected a number above ${bound}, got ${show(value)}`;
}

export function wholeNumber(name: string, value: unknown, least: number, most = Infinity): Problem {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return null;
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  return `${name}: expected a whole number ${range}, got ${show(value)}`;
}

/** A whole number from 1. */
export const count: Check = (name, value) => wholeNumber(name, value, 1);

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

export function callback(name: string, value: unknown): Problem {
  return typeof value === "function" ? null : `${name}: expected a function, got ${show(value)}`;
}
