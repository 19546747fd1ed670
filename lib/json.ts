/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object: the form of every saved configuration. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * What in a value is something else once it was JSON text, each with its path from `path`: functions, symbols, undefined, NaN and
 * infinities, and objects that are neither arrays nor plain.
 */
export function lostInJson(value: unknown, path: string): string[] {
  return lost(value, path, []);
}

function lost(value: unknown, path: string, outer: readonly object[]): string[] {
  switch (typeof value) {
    case "string":
    case "boolean":
      return [];
    case "number":
      return Number.isFinite(value) ? [] : [`${path} is ${value}`];
    case "object":
      return value === null ? [] : lostInObject(value, path, outer);
    default:
      return [`${path} is ${value === undefined ? "undefined" : `a ${typeof value}`}`];
  }
}

function lostInObject(value: object, path: string, outer: readonly object[]): string[] {
  if (outer.includes(value)) return [`${path} contains itself`];
  const inside = [...outer, value];
  // Not `flatMap`, which passes over holes.
  if (Array.isArray(value)) return Array.from(value, (each, at) => lost(each, `${path}[${at}]`, inside)).flat();
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return [`${path} is an object of class ${value.constructor.name}`];
  }
  return Object.entries(value).flatMap(([key, each]) =>
    lost(each, /^\w+$/u.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`, inside),
  );
}

/** JSON text with sorted keys: equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    const record = inner as Readonly<Record<string, unknown>>;
    return Object.fromEntries(
      Object.keys(record)
        .sort()
        .map((key) => [key, record[key]]),
    );
  });
}
