import { copyKey, KEY_WORDS, makeKeys } from "./keys.js";

/** Keys at some places: those that are not known are 0. */
export interface KeysAtPlaces {
  readonly keys: Int32Array;
  /** Positions of those that are not known. */
  readonly unknown: readonly number[];
}

/** Keys by place, 16 bytes each. */
export class KeyList {
  /** Four words a place, all 0 where nothing is known: no key is. */
  #words = makeKeys(0);

  put(places: readonly number[], keys: Int32Array): void {
    let end = 0;
    for (const place of places) end = Math.max(end, (place + 1) * KEY_WORDS);
    if (end > this.#words.length) {
      const grown = new Int32Array(Math.max(end, 2 * this.#words.length));
      grown.set(this.#words);
      this.#words = grown;
    }
    for (let i = 0; i < places.length; i += 1) copyKey(keys, i, this.#words, places[i] as number);
  }

  at(places: readonly number[]): KeysAtPlaces {
    const keys = makeKeys(places.length);
    const unknown: number[] = [];
    for (let i = 0; i < places.length; i += 1) {
      const from = (places[i] as number) * KEY_WORDS;
      let some = 0;
      for (let word = 0; word < KEY_WORDS; word += 1)
        some |= keys[i * KEY_WORDS + word] = this.#words[from + word] ?? 0;
      if (some === 0) unknown.push(i);
    }
    return { keys, unknown };
  }
}
