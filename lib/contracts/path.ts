import { ValidateBy } from "../validation.js";
import { show } from "../show.js";
import { refuse, type Check } from "./options.js";

/** What a path of the user must be where something is written: an empty one would stand for the working directory. */
export const pathProblem: Check = (name, value) =>
  isPath(value) ? null : `${name}: ${expected(value)}, got ${show(value)}`;

/** @throws ConfigError for what is no path. */
export function requirePath(who: string, name: string, value: unknown): void {
  refuse(who, [pathProblem(name, value)]);
}

/** The same as a rule of a configuration class. */
export function IsPath(): PropertyDecorator {
  const defaultMessage = (given?: { readonly value: unknown }): string => expected(given?.value);
  return ValidateBy({ name: "isPath", validator: { validate: isPath, defaultMessage } });
}

function expected(value: unknown): string {
  return isOfHome(value)
    ? 'expected a path without "~", which a shell makes the home folder and Node does not; use homedir() of "node:os"'
    : 'expected the path of a file or folder, such as "runs"';
}

function isPath(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "" && !value.includes("\0") && !isOfHome(value);
}

function isOfHome(value: unknown): boolean {
  return typeof value === "string" && /^~(?:$|[/\\])/u.test(value);
}
