import { itemKey } from "./item-key.js";
import { makeKeys, writeKey } from "./keys.js";

/** The keys of items, see `itemKey`. */
export function itemKeys(items: readonly unknown[]): Int32Array {
  const keys = makeKeys(items.length);
  items.forEach((item, position) => writeKey(itemKey(item), keys, position));
  return keys;
}
