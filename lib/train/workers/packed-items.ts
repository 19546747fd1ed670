import { DataError } from "../../errors.js";

/** Items as they are sent to another thread. */
export interface PackedItems {
  readonly items: readonly unknown[];
  /** Whether there are Buffers among them, which arrive as bytes alone. */
  readonly buffers: boolean;
}

/** Stands for a Buffer. */
const BUFFER = "likewise/buffer";

/**
 * Makes items ready to be sent to another thread, so that an equal one arrives. What is a view of a larger buffer is copied, because all of
 * the buffer would be sent.
 *
 * @param positions where each item stands in the list that errors should speak of.
 * @throws DataError naming the first item that would arrive as something else: functions, instances of classes, cycles.
 */
export function packItems(items: readonly unknown[], positions: readonly number[]): PackedItems {
  const packing = new Packing();
  const packed = items.map((item, row) => {
    try {
      return packing.pack(item);
    } catch (error) {
      throw error instanceof Unportable ? unportable(positions[row] ?? row, error.message, error) : error;
    }
  });
  return { items: packed, buffers: packing.buffers };
}

/** The items again, on the other side. */
export function unpackItems({ items, buffers }: PackedItems): readonly unknown[] {
  return buffers ? items.map(unpack) : items;
}

/** Says that an item cannot be sent. */
export function unportable(position: number, what: string, cause: unknown): DataError {
  return new DataError(
    `item ${position} cannot be given to a worker: it holds ${what}; make items of texts, numbers, arrays and plain records, or use ` +
      "workers: 0 in CacheConfig",
    undefined,
    undefined,
    { cause },
  );
}

class Unportable extends Error {}

class Packing {
  buffers = false;

  pack(value: unknown, path: readonly object[] = []): unknown {
    if (typeof value === "function" || typeof value === "symbol") throw new Unportable(`a ${typeof value}`);
    if (typeof value !== "object" || value === null) return value;
    if (path.includes(value)) throw new Unportable("an object that contains itself");
    if (ArrayBuffer.isView(value)) return this.#view(value);
    const inside = [...path, value];
    const prototype = Object.getPrototypeOf(value) as object | null;
    const name = (value as { readonly constructor?: { readonly name?: string } }).constructor?.name;
    if (Array.isArray(value) && name === "Array") return this.#array(value, inside);
    if (prototype === null || Object.getPrototypeOf(prototype) === null) return this.#record(value, inside);
    if (value instanceof Map && name === "Map") {
      const entries = [...(value as ReadonlyMap<unknown, unknown>)];
      const packed = this.#array(entries, inside);
      return packed === entries ? value : new Map(packed);
    }
    if (value instanceof Set && name === "Set") {
      const members = [...(value as ReadonlySet<unknown>)];
      const packed = this.#array(members, inside);
      return packed === members ? value : new Set(packed);
    }
    if (WHOLE.has(name ?? "") && Object.prototype.toString.call(value) === `[object ${name}]`) return value;
    throw new Unportable(`an object of class ${name}, which would arrive without its class`);
  }

  #array<T>(values: readonly T[], path: readonly object[]): readonly T[] {
    let copy: T[] | null = null;
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i] as T;
      if (typeof value === "number") continue;
      const packed = this.pack(value, path) as T;
      if (packed === value) continue;
      copy ??= [...values];
      copy[i] = packed;
    }
    return copy ?? values;
  }

  #record(value: object, path: readonly object[]): object {
    if (Object.getOwnPropertySymbols(value).length > 0) throw new Unportable("a field named by a symbol");
    let copy: Record<string, unknown> | null = null;
    for (const [key, field] of Object.entries(value)) {
      const packed = this.pack(field, path);
      if (packed === field || typeof field === "number") continue;
      copy ??= { ...value };
      copy[key] = packed;
    }
    return copy ?? value;
  }

  #view(view: ArrayBufferView): unknown {
    const { buffer, byteOffset, byteLength } = view;
    const name = view.constructor.name;
    if (Buffer.isBuffer(view)) {
      this.buffers = true;
      return { [BUFFER]: new Uint8Array(view) };
    }
    if (Object.prototype.toString.call(view) !== `[object ${name}]`) {
      throw new Unportable(`an object of class ${name}, which would arrive without its class`);
    }
    if (byteLength === buffer.byteLength || buffer instanceof SharedArrayBuffer) return view;
    const own = buffer.slice(byteOffset, byteOffset + byteLength);
    return new (view.constructor as new (buffer: ArrayBuffer) => ArrayBufferView)(own);
  }
}

/** Classes whose instances arrive as they are. */
const WHOLE: ReadonlySet<string> = new Set(["Date", "RegExp", "ArrayBuffer", "SharedArrayBuffer"]);

function unpack(value: unknown): unknown {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(unpack);
  if (value instanceof Map)
    return new Map([...(value as Map<unknown, unknown>)].map(([k, v]) => [unpack(k), unpack(v)]));
  if (value instanceof Set) return new Set([...(value as Set<unknown>)].map(unpack));
  if (Object.prototype.toString.call(value) !== "[object Object]") return value;
  const bytes: unknown = (value as Readonly<Record<string, unknown>>)[BUFFER];
  if (bytes instanceof Uint8Array) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, unpack(field)]));
}
