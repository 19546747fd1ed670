import { contentText } from "../../lib/content.js";
import { DataError } from "../../lib/errors.js";
import { contentKey } from "../../lib/hash.js";
import type { Key } from "./distinct.js";

/** A key that items of equal content share: texts and numbers are their own, of all else it is a hash. */
export function contentKeyOf(item: unknown): Key {
  return typeof item === "string" || typeof item === "number" ? item : `content ${contentKey(textOf(item))}`;
}

const textOf = (item: unknown): string =>
  contentText(
    item,
    (what) =>
      new DataError(`an item holds ${what}, so it has no content key; give key: (item) => …, or duplicates: true`),
  );

/** The keys of every sample as small integers: four bytes a key, and an offset for each sample. */
export class KeyTable {
  readonly #starts: Int32Array;
  readonly #keys: Int32Array;
  /** How often the most frequent key occurs, counted once a sample. */
  readonly most: number;

  constructor(samples: Iterable<readonly Key[]>) {
    const numbers = new Map<Key, number>();
    const starts = [0];
    const keys: number[] = [];
    const counts: number[] = [];
    let most = 0;
    for (const sample of samples) {
      const start = keys.length;
      for (const key of sample) {
        let number = numbers.get(key);
        if (number === undefined) {
          number = numbers.size;
          numbers.set(key, number);
          counts.push(0);
        }
        if (keys.indexOf(number, start) !== -1) continue;
        keys.push(number);
        counts[number] = counts[number]! + 1;
        most = Math.max(most, counts[number]!);
      }
      starts.push(keys.length);
    }
    this.#starts = Int32Array.from(starts);
    this.#keys = Int32Array.from(keys);
    this.most = most;
  }

  at(position: number): ArrayLike<number> {
    return this.#keys.subarray(this.#starts[position], this.#starts[position + 1]);
  }
}
