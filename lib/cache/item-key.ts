import { contentText } from "../content.js";
import { UsageError } from "../errors.js";
import { contentKey } from "../hash.js";

/** Keys of objects, by identity: items are read-only while a run lasts. */
const known = new WeakMap<object, string>();

/**
 * A key that depends on an item's content alone, equal in every run; see `contentText`.
 *
 * @throws UsageError for what has no readable content: functions, symbols, cycles, objects that keep everything private.
 */
export function itemKey(item: unknown): string {
  if (typeof item !== "object" || item === null) return contentKey(contentText(item, unreadable));
  let key = known.get(item);
  if (key === undefined) {
    key = contentKey(contentText(item, unreadable));
    known.set(item, key);
  }
  return key;
}

function unreadable(what: string): UsageError {
  return new UsageError(
    `an item holds ${what}, so its vectors cannot be cached by content; give CacheConfig a keyExtractors function that names items`,
  );
}
