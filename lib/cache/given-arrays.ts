import { UsageError } from "../errors.js";

/** Arrays that are copied whatever they are, to see whether they come again. */
const TRIAL = 4;

/**
 * Tells whether the arrays that an encoder gives are new each time and nothing but its vectors, so that they are kept and not copied. The first
 * few are copied; an encoder that gives one of them again is one that uses its arrays again, and all it gives is copied.
 */
export class GivenArrays {
  readonly #who: string;
  readonly #seen = new WeakSet<object>();
  #count = 0;
  #kept = false;
  #again = false;

  /** @param who the encoder, for messages. */
  constructor(who: string) {
    this.#who = who;
  }

  /** @throws UsageError for an array that may have been kept. */
  mayKeep({ buffer, byteLength }: Float32Array): boolean {
    if (this.#again) return false;
    if (this.#seen.has(buffer)) {
      if (this.#kept)
        throw new UsageError(`${this.#who} gave the same array twice; embed must give a new one each time`);
      this.#again = true;
      return false;
    }
    this.#seen.add(buffer);
    this.#count += 1;
    if (this.#count <= TRIAL || buffer.byteLength !== byteLength || !(buffer instanceof ArrayBuffer)) return false;
    return (this.#kept = true);
  }
}
