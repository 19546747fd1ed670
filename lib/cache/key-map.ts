import { KEY_WORDS } from "./keys.js";

/** A key and its number + 1; 0 is free. */
const WIDTH = KEY_WORDS + 1;
/** Share of the places in use before their number doubles. */
const FULL = 0.6;
const FEWEST_BITS = 4;

/** Whole numbers from 0 on by key, in one typed array: 33 to 67 bytes a key. */
export class KeyMap {
  /** Places are found by so many bits at the end of a key's first word: keys are evenly spread. */
  #bits = FEWEST_BITS;
  #table = new Int32Array(WIDTH << FEWEST_BITS);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The number of the key at a position; -1: none. */
  get(keys: Int32Array, at: number): number {
    return (this.#table[this.#find(keys, at * KEY_WORDS) + KEY_WORDS] as number) - 1;
  }

  set(keys: Int32Array, at: number, value: number): void {
    const start = this.#claim(keys, at * KEY_WORDS);
    this.#table[start + KEY_WORDS] = value + 1;
  }

  /** Gives the key at a position a number. @returns false, and changes nothing, when it has one. */
  add(keys: Int32Array, at: number, value: number): boolean {
    const before = this.#count;
    const start = this.#claim(keys, at * KEY_WORDS);
    if (this.#count === before) return false;
    this.#table[start + KEY_WORDS] = value + 1;
    return true;
  }

  delete(keys: Int32Array, at: number): void {
    const start = this.#find(keys, at * KEY_WORDS);
    const table = this.#table;
    if (table[start + KEY_WORDS] === 0) return;
    this.#count -= 1;
    // Those behind move up unless they are where they belong, so that no search ends at the gap.
    const mask = (1 << this.#bits) - 1;
    let gap = start / WIDTH;
    for (let place = (gap + 1) & mask; table[place * WIDTH + KEY_WORDS] !== 0; place = (place + 1) & mask) {
      const home = (table[place * WIDTH] as number) & mask;
      if (((place - home) & mask) < ((place - gap) & mask)) continue;
      table.copyWithin(gap * WIDTH, place * WIDTH, (place + 1) * WIDTH);
      gap = place;
    }
    table[gap * WIDTH + KEY_WORDS] = 0;
  }

  clear(): void {
    if (this.#count > 0) this.#table.fill(0);
    this.#count = 0;
  }

  /** Makes room for so many keys at once. */
  reserve(count: number): void {
    const bits = Math.ceil(Math.log2(Math.max(1, count) / FULL));
    if (bits > this.#bits) this.#resize(bits);
  }

  /** Where the key is, or the free place where it would be. */
  #find(keys: Int32Array, from: number): number {
    const table = this.#table;
    const end = table.length;
    const first = keys[from] as number;
    let start = (first & ((1 << this.#bits) - 1)) * WIDTH;
    while (table[start + KEY_WORDS] !== 0) {
      if (
        table[start] === first &&
        table[start + 1] === keys[from + 1] &&
        table[start + 2] === keys[from + 2] &&
        table[start + 3] === keys[from + 3]
      )
        break;
      start += WIDTH;
      if (start === end) start = 0;
    }
    return start;
  }

  /** The same; writes the key there, whose number is to follow. */
  #claim(keys: Int32Array, from: number): number {
    let start = this.#find(keys, from);
    if (this.#table[start + KEY_WORDS] !== 0) return start;
    if (this.#count + 1 > FULL * (1 << this.#bits)) {
      this.#resize(this.#bits + 1);
      start = this.#find(keys, from);
    }
    this.#count += 1;
    for (let word = 0; word < KEY_WORDS; word += 1) this.#table[start + word] = keys[from + word] as number;
    return start;
  }

  #resize(bits: number): void {
    const old = this.#table;
    this.#bits = bits;
    this.#table = new Int32Array(WIDTH << this.#bits);
    for (let from = 0; from < old.length; from += WIDTH) {
      const value = old[from + KEY_WORDS] as number;
      if (value === 0) continue;
      const start = this.#find(old, from);
      for (let word = 0; word < WIDTH; word += 1) this.#table[start + word] = old[from + word] as number;
    }
  }
}
