import "reflect-metadata";
import { plainToClass } from "class-transformer";
import { validateSync, type ValidationError } from "class-validator";
import { ConfigError } from "./errors.js";

/**
 * Gives a configuration class its values: applies what the user gave over the defaults, checks the class-validator rules, refuses
 * unknown keys, freezes. Call it as the last line of a final class's constructor.
 *
 * Nested configurations may be given as plain objects when the field has `@Type(() => NestedConfig)`.
 *
 * @throws ConfigError listing every problem.
 */
export function settle<T extends object>(target: T, given: Partial<T>): void {
  const who = target.constructor.name;
  const known = new Set(Object.keys(target));
  const problems: string[] = [];
  const values = target as Record<string, unknown>;
  for (const [key, value] of Object.entries(given)) {
    if (known.has(key)) {
      if (value !== undefined) values[key] = value;
    } else problems.push(`${key}: unknown option; known: ${[...known].join(", ")}`);
  }
  problems.push(...flatten(validateSync(target, { forbidUnknownValues: false }), ""));
  if (problems.length > 0) throw new ConfigError(who, problems);
  Object.freeze(target);
}

/** Reads a configuration from data (a file, an option object) through the same door as its constructor. */
export function readConfig<T extends object>(type: new (given?: Partial<T>) => T, data: unknown): T {
  if (data instanceof type) return data;
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    throw new ConfigError(type.name, [`expected an object with options, got ${JSON.stringify(data)}`]);
  }
  return new type(plainToClass(Object as unknown as new () => Partial<T>, data));
}

function flatten(errors: readonly ValidationError[], prefix: string): string[] {
  return errors.flatMap((error) => [
    ...Object.values(error.constraints ?? {}).map(
      (text) => `${prefix}${error.property}: ${text}, got ${show(error.value)}`,
    ),
    ...flatten(error.children ?? [], `${prefix}${error.property}.`),
  ]);
}

function show(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
