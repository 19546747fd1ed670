import { ConfigError } from "./errors.js";
import { show } from "./show.js";
import { brokenRules, type ValidationError } from "./validation.js";

/** A configuration class: every option has a default. */
export type ConfigClass<T extends object> = new (given?: Partial<T>) => T;

/** Fields that hold configurations of their own, which may be given as plain objects. */
export type NestedConfigs<T> = { readonly [Key in keyof T & string]?: ConfigClass<object> };

/**
 * Gives a configuration class its values: applies what the user gave over the defaults, makes nested configurations, checks the
 * class-validator rules, refuses unknown keys, freezes. Call it as the last line of a final class's constructor.
 *
 * @throws ConfigError listing every problem, those of nested configurations included.
 */
export function settle<T extends object>(target: T, given: Partial<T>, nested?: NestedConfigs<T>): void {
  const who = target.constructor.name;
  const known = new Set(Object.keys(target));
  const problems: string[] = [];
  const values = target as Record<string, unknown>;
  for (const [key, value] of Object.entries(given)) {
    if (!known.has(key)) {
      problems.push(`${key}: unknown option; known: ${[...known].join(", ")}`);
      continue;
    }
    if (value === undefined) continue;
    const inner = nested?.[key as keyof T & string];
    // What is off by default may be switched off by false, too.
    values[key] = inner !== undefined && value === false && values[key] === null ? null : value;
    if (inner === undefined || value === null || value === false) continue;
    try {
      values[key] = readConfig(inner, value);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems.map((problem) => `${key}.${problem}`));
    }
  }
  problems.push(...flatten(brokenRules(target), ""));
  if (problems.length > 0) throw new ConfigError(who, problems);
  Object.freeze(target);
}

/** Reads a configuration from data (a file, an option object) through the same door as its constructor. */
export function readConfig<T extends object>(type: ConfigClass<T>, data: unknown): T {
  if (data instanceof type) return data;
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    throw new ConfigError(type.name, [`expected an object with options, got ${show(data)}`]);
  }
  return new type(data);
}

function flatten(errors: readonly ValidationError[], prefix: string): string[] {
  return errors.flatMap((error) => [
    ...Object.values(error.constraints ?? {}).map(
      (text) => `${prefix}${error.property}: ${withoutName(text, error.property)}, got ${show(error.value)}`,
    ),
    ...flatten(error.children ?? [], `${prefix}${error.property}.`),
  ]);
}

/** The rules of class-validator begin with the name, which stands before them already. */
function withoutName(text: string, name: string): string {
  return text.startsWith(`${name} `) ? text.slice(name.length + 1) : text;
}
