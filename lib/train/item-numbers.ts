import { itemKey } from "../cache/item-key.js";
import { keptItems } from "../cache/kept-items.js";
import { UsageError } from "../errors.js";

/** Objects without readable content, by identity. */
const numbers = new WeakMap<object, number>();
let given = 0;

/**
 * A number for each item that equal items share, in every run: 52 bits of its content key. Never 0. Items without readable content are
 * told apart by identity, which a resumed run does not know.
 */
export function itemNumbers(items: readonly unknown[]): Float64Array {
  return Float64Array.from(items, numberOf);
}

/** The same of items that may have been replaced by what stands for them. */
export async function numbersOfRows(items: readonly unknown[]): Promise<Float64Array> {
  const kept = keptItems<unknown>(items);
  return kept === null ? itemNumbers(items) : kept.source.numbersOf(kept.places, itemNumbers);
}

function numberOf(item: unknown): number {
  try {
    const bytes = Buffer.from(itemKey(item), "base64url");
    return (bytes.readUInt32LE(0) & 0xfffff) * 2 ** 32 + bytes.readUInt32LE(4) + 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    if (typeof item !== "object" || item === null) return 0;
    const known = numbers.get(item);
    if (known !== undefined) return known;
    given += 1;
    numbers.set(item, -given);
    return -given;
  }
}
