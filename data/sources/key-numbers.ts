import { contentKey } from "../../lib/hash.js";
import type { Key } from "../samplers/distinct.js";

/** Texts up to here are their own keys; of longer ones a hash of one character more is kept. */
const SHORT = 22;

/** The keys of items by place as small numbers, equal where the keys are: four bytes each. */
export class KeyNumbers {
  readonly #known = new Map<Key, number>();
  #numbers = new Int32Array(64);
  #length = 0;

  add(key: Key): void {
    const short = typeof key === "string" && key.length > SHORT ? `#${contentKey(key)}` : key;
    let number = this.#known.get(short);
    if (number === undefined) this.#known.set(short, (number = this.#known.size));
    if (this.#length === this.#numbers.length) {
      const grown = new Int32Array(2 * this.#length);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    this.#numbers[this.#length] = number;
    this.#length += 1;
  }

  at(place: number): number {
    return this.#numbers[place]!;
  }

  /** Forgets the keys themselves, and gives back the room for more. */
  finish(): void {
    this.#known.clear();
    this.#numbers = this.#numbers.slice(0, this.#length);
  }
}
