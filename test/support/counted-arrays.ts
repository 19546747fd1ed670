const NAMES = ["ArrayBuffer", "Float32Array", "Float64Array", "Int32Array", "Uint32Array", "Uint8Array"] as const;

/** Arrays of numbers made on this thread. */
export interface CountedArrays {
  /** Bytes newly taken so far; views take none. */
  bytes: number;
  /** Sizes of those of at least `large` bytes, with the lines that made them. */
  readonly large: { readonly bytes: number; readonly where: string }[];
}

/**
 * Counts the bytes of typed arrays and buffers that JavaScript on this thread makes while `run` goes on, copies by `slice`, `map` and
 * `from` among them. What native code makes is not seen, nor what a message from another thread brings.
 */
export async function countingArrays<T>(run: (counted: CountedArrays) => Promise<T>, large = 4096): Promise<T> {
  const counted: CountedArrays = { bytes: 0, large: [] };
  const world = globalThis as unknown as Record<string, unknown>;
  const restore: (() => void)[] = [];
  for (const name of NAMES) {
    const original = world[name] as new (...given: unknown[]) => ArrayBuffer | Float32Array;
    const counting = new Proxy(original, {
      construct(target, given: unknown[], newTarget) {
        const made = Reflect.construct(target, given, newTarget === counting ? target : newTarget) as {
          byteLength: number;
        };
        const isView = name !== "ArrayBuffer" && Object.prototype.toString.call(given[0]).endsWith("ArrayBuffer]");
        if (!isView) {
          counted.bytes += made.byteLength;
          if (made.byteLength >= large) counted.large.push({ bytes: made.byteLength, where: new Error().stack ?? "" });
        }
        return made;
      },
    });
    const prototype = original.prototype as { constructor: unknown };
    world[name] = counting;
    prototype.constructor = counting;
    restore.push(() => {
      world[name] = original;
      prototype.constructor = original;
    });
  }
  try {
    return await run(counted);
  } finally {
    for (const undo of restore) undo();
  }
}
