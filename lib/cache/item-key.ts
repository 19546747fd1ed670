import { UsageError } from "../errors.js";
import { bytesKey, contentKey } from "../hash.js";

/** Keys of objects, by identity: items are read-only while a run lasts. */
const known = new WeakMap<object, string>();

/**
 * A key that depends on an item's content alone, equal in every run: strings, numbers, typed arrays, dates, and arrays, records, maps
 * and sets of such. Key order does not matter; "1" and 1, NaN and null, a map and a record have different keys.
 *
 * @throws UsageError for what has no readable content: functions, symbols, cycles, objects that keep everything private.
 */
export function itemKey(item: unknown): string {
  if (typeof item !== "object" || item === null) return contentKey(describe(item, []));
  let key = known.get(item);
  if (key === undefined) {
    key = contentKey(describe(item, []));
    known.set(item, key);
  }
  return key;
}

/** A text that differs wherever the content differs. */
function describe(value: unknown, path: readonly object[]): string {
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
      return value === null ? "null" : describeObject(value, path);
    default:
      throw unreadable(`a ${typeof value}`);
  }
}

function describeObject(value: object, path: readonly object[]): string {
  if (path.includes(value)) throw unreadable("an object that contains itself");
  const inside = [...path, value];
  const inner = (part: unknown): string => describe(part, inside);
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

function unreadable(what: string): UsageError {
  return new UsageError(
    `an item holds ${what}, so its vectors cannot be cached by content; give CacheConfig a keyExtractors function that names items`,
  );
}
