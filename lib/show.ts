import { inspect } from "node:util";

/** A value, short enough for a message. */
export function show(value: unknown): string {
  const options = { depth: 1, breakLength: Infinity, compact: true };
  const text = typeof value === "string" ? JSON.stringify(value) : inspect(value, options);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
