import { inspect } from "node:util";

/** The beginning of a value, short enough for a message: a wrong item is found by it where its place in a shuffled batch says nothing. */
export function show(value: unknown): string {
  const options = { depth: 1, breakLength: Infinity, compact: true, maxArrayLength: 30, maxStringLength: 60 };
  const text = typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : inspect(value, options);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
