import { itemKey } from "./item-key.js";
import { makeKeys, writeKey } from "./keys.js";
import { TextKeys } from "./text-keys.js";

let texts: TextKeys | null = null;

/** The keys of items, see `itemKey`. */
export function itemKeys(items: readonly unknown[]): Int32Array {
  const keys = makeKeys(items.length);
  const short = (texts ??= new TextKeys());
  try {
    for (let position = 0; position < items.length; position += 1) {
      const item = items[position];
      if (typeof item === "string" && short.add(item, keys, position)) continue;
      writeKey(itemKey(item), keys, position);
    }
  } finally {
    short.finish(keys); // nothing is left for the next call
  }
  return keys;
}
