import type { Problem } from "../lib/contracts/options.js";
import { DataError } from "../lib/errors.js";
import { show } from "../lib/show.js";

/** Numbers in a row, or rows of them nested as deep as the input has dimensions. */
export type NumericItem = ArrayLike<number> | readonly NumericItem[];

/**
 * Copies the numbers of an item to `target`, which is as long as `shape` says. A typed array may be flat whatever the shape.
 * @throws DataError saying which item is of another shape or holds something that is not a finite number, and how it begins.
 */
export function writeNumbers(
  target: Float32Array | Int32Array,
  item: NumericItem,
  shape: readonly number[],
  what: string,
): void {
  const flat = isFlat(item) && item.length === target.length;
  const problem = flat ? copy(target, item) : writeNested(target, item, shape);
  if (problem !== null) throw new DataError(`${what}, ${show(item)}: ${problem}`);
}

function writeNested(target: Float32Array | Int32Array, item: NumericItem, shape: readonly number[]): Problem {
  const [length = 0, ...rest] = shape;
  if (!isList(item)) return `expected ${length} numbers in an array, got ${describe(item)}`;
  if (item.length !== length) {
    const inner = rest.length === 0 ? "numbers" : `arrays of shape [${rest.join(", ")}]`;
    return `expected ${length} ${inner}, got ${item.length}`;
  }
  if (rest.length === 0) return copy(target, item as ArrayLike<number>);
  const size = target.length / length;
  for (let i = 0; i < length; i += 1) {
    const problem = writeNested(target.subarray(i * size, (i + 1) * size), item[i] as NumericItem, rest);
    if (problem !== null) return problem;
  }
  return null;
}

function copy(target: Float32Array | Int32Array, item: ArrayLike<number>): Problem {
  const whole = target instanceof Int32Array;
  for (let i = 0; i < target.length; i += 1) {
    const value = item[i] as number;
    if (typeof value !== "number" || !(whole ? value === (value | 0) : Number.isFinite(Math.fround(value)))) {
      return `number ${i} is ${describe(value)}, expected a ${whole ? "whole 32-bit" : "finite"} number`;
    }
    target[i] = value;
  }
  return null;
}

function isFlat(item: NumericItem): item is ArrayLike<number> {
  return isList(item) && (ArrayBuffer.isView(item) || typeof item[0] === "number");
}

function isList(item: unknown): item is ArrayLike<unknown> {
  return Array.isArray(item) || (ArrayBuffer.isView(item) && !(item instanceof DataView));
}

function describe(value: unknown): string {
  return typeof value === "string" ? `${show(value)} (a text)` : show(value);
}
