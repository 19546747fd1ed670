import { KeyMap } from "./key-map.js";
import { copyKey, KEY_WORDS, makeKeys } from "./keys.js";

/** Items whose vectors are not kept, all different. */
export interface Missing<Item> {
  readonly keys: Int32Array;
  readonly items: readonly Item[];
  /** Of each, in the list it came in. */
  readonly positions: readonly number[];
}

/** Reads the items at some positions of a request. */
export type ItemsAt<Item> = (positions: readonly number[]) => readonly Item[] | Promise<readonly Item[]>;

/** Items that wait to be computed, each once, in the order they came. */
export class WaitingItems<Item> {
  readonly #known = new KeyMap();
  #keys = makeKeys(256);
  #items: Item[] = [];
  #positions: number[] = [];

  get size(): number {
    return this.#items.length;
  }

  has(keys: Int32Array, at: number): boolean {
    return this.#known.get(keys, at) >= 0;
  }

  add(keys: Int32Array, at: number, item: Item, position: number): void {
    if (!this.#known.add(keys, at, 0)) return;
    const { size } = this;
    if (size * KEY_WORDS === this.#keys.length) {
      const grown = makeKeys(2 * size);
      grown.set(this.#keys);
      this.#keys = grown;
    }
    copyKey(keys, at, this.#keys, size);
    this.#items.push(item);
    this.#positions.push(position);
  }

  /** Takes away the first so many. */
  take(count: number): Missing<Item> {
    const keys = this.#keys.slice(0, Math.min(count, this.size) * KEY_WORDS);
    if (count < this.size) {
      for (let at = 0; at < count; at += 1) this.#known.delete(keys, at);
      this.#keys.copyWithin(0, keys.length, this.size * KEY_WORDS);
      return { keys, items: this.#items.splice(0, count), positions: this.#positions.splice(0, count) };
    }
    const [items, positions] = [this.#items, this.#positions];
    this.#known.clear();
    this.#items = [];
    this.#positions = [];
    return { keys, items, positions };
  }
}
