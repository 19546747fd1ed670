import { bytesKey } from "./hash.js";

/** Makes the error for something without readable content: "a function", "an object that contains itself". */
export type Unreadable = (what: string) => Error;

/**
 * A text that differs wherever the content of two values differs: strings, numbers, typed arrays, dates, and arrays, records, maps and
 * sets of such. The order of keys does not matter; "1" and 1, NaN and null, a map and a record have different texts.
 *
 * @throws what `unreadable` makes for functions, symbols, cycles and objects that keep everything private.
 */
export function contentText(value: unknown, unreadable: Unreadable): string {
  return describe(value, [], unreadable);
}

function describe(value: unknown, path: readonly object[], unreadable: Unreadable): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
      return `${value}n`;
    case "boolean":
    case "undefined":
      return String(value);
    case "object":
      return value === null ? "null" : describeObject(value, path, unreadable);
    default:
      throw unreadable(`a ${typeof value}`);
  }
}

function describeObject(value: object, path: readonly object[], unreadable: Unreadable): string {
  if (path.includes(value)) throw unreadable("an object that contains itself");
  const inside = [...path, value];
  const inner = (part: unknown): string => describe(part, inside, unreadable);
  if (Array.isArray(value)) return `[${value.map(inner).join()}]`;
  const name = (value as { readonly constructor?: { readonly name?: string } }).constructor?.name ?? "Object";
  if (ArrayBuffer.isView(value)) return `${name}(${bytesKey(value)})`;
  if (value instanceof ArrayBuffer) return `${name}(${bytesKey(new Uint8Array(value))})`;
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<unknown, unknown>)].map(
      ([key, entry]) => `${inner(key)}:${inner(entry)}`,
    );
    return `Map(${entries.sort().join()})`;
  }
  if (value instanceof Set) return `Set(${[...(value as ReadonlySet<unknown>)].map(inner).sort().join()})`;
  const record = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(record).sort();
  if (keys.length === 0 && name !== "Object") throw unreadable(`an object of class ${name}, which shows no content`);
  const fields = keys.map((key) => `${JSON.stringify(key)}:${inner(record[key])}`).join();
  return `${name === "Object" ? "" : name}{${fields}}`;
}
