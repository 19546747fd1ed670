import { KEY_WORDS } from "./keys.js";

/** A key and its number + 1; 0 is free. */
const WIDTH = KEY_WORDS + 1;
/** Share of the places in use before the map grows. */
const FULL = 0.75;
const GROWTH = 1.5;
const FEWEST = 16;

/** Whole numbers from 0 on by key, in one typed array: 27 to 40 bytes a key. */
export class KeyMap {
  #table = new Uint32Array(FEWEST * WIDTH);
  #places = FEWEST;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The number of the key at a position; -1: none. */
  get(keys: Uint32Array, at: number): number {
    return (this.#table[this.#find(keys, at * KEY_WORDS) + KEY_WORDS] as number) - 1;
  }

  set(keys: Uint32Array, at: number, value: number): void {
    if (this.#count + 1 > FULL * this.#places) this.#grow();
    this.#put(keys, at * KEY_WORDS, value + 1);
  }

  delete(keys: Uint32Array, at: number): void {
    const start = this.#find(keys, at * KEY_WORDS);
    const table = this.#table;
    if (table[start + KEY_WORDS] === 0) return;
    this.#count -= 1;
    // Those behind move up unless they are where they belong, so that no search ends at the gap.
    let gap = start / WIDTH;
    for (let place = this.#after(gap); table[place * WIDTH + KEY_WORDS] !== 0; place = this.#after(place)) {
      const home = this.#home(table[place * WIDTH] as number);
      if (this.#way(home, place) < this.#way(gap, place)) continue;
      table.copyWithin(gap * WIDTH, place * WIDTH, (place + 1) * WIDTH);
      gap = place;
    }
    table[gap * WIDTH + KEY_WORDS] = 0;
  }

  clear(): void {
    if (this.#count > 0) this.#table.fill(0);
    this.#count = 0;
  }

  #put(keys: Uint32Array, from: number, value: number): void {
    const start = this.#find(keys, from);
    const table = this.#table;
    if (table[start + KEY_WORDS] === 0) this.#count += 1;
    for (let word = 0; word < KEY_WORDS; word += 1) table[start + word] = keys[from + word] as number;
    table[start + KEY_WORDS] = value;
  }

  /** Where the key is, or the free place where it would be. */
  #find(keys: Uint32Array, from: number): number {
    const table = this.#table;
    const [a, b, c, d] = [keys[from], keys[from + 1], keys[from + 2], keys[from + 3]];
    const end = table.length;
    let start = this.#home(a as number) * WIDTH;
    while (
      table[start + KEY_WORDS] !== 0 &&
      !(table[start] === a && table[start + 1] === b && table[start + 2] === c && table[start + 3] === d)
    ) {
      start += WIDTH;
      if (start === end) start = 0;
    }
    return start;
  }

  /** Keys are evenly spread. */
  #home(word: number): number {
    return Math.floor((word / 2 ** 32) * this.#places);
  }

  #after(place: number): number {
    return place + 1 === this.#places ? 0 : place + 1;
  }

  /** Places from one to a later one. */
  #way(from: number, to: number): number {
    return to >= from ? to - from : to - from + this.#places;
  }

  #grow(): void {
    const old = this.#table;
    this.#places = Math.ceil(this.#places * GROWTH);
    this.#table = new Uint32Array(this.#places * WIDTH);
    this.#count = 0;
    for (let start = 0; start < old.length; start += WIDTH) {
      const value = old[start + KEY_WORDS] as number;
      if (value !== 0) this.#put(old, start, value);
    }
  }
}
