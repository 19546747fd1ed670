/** Which item each slot of a ring holds, and the other way round: slots are found without looking through all of them. */
export class ItemSlots {
  /** Number of the item in each slot, 0 where it is not known. */
  readonly #items: Float64Array;
  /** The slot that held the same item last before; -1: none. */
  readonly #before: Int32Array;
  /** How many writes there had been. */
  readonly #written: Float64Array;
  readonly #newest = new Map<number, number>();
  #writes = 0;

  constructor(readonly capacity: number) {
    this.#items = new Float64Array(capacity);
    this.#before = new Int32Array(capacity);
    this.#written = new Float64Array(capacity);
  }

  /** Slots have to be written in turn, so that the one written over is always the oldest. */
  write(slot: number, item: number): void {
    const old = this.#items[slot] as number;
    if (this.#newest.get(old) === slot) this.#newest.delete(old);
    this.#writes += 1;
    this.#items[slot] = item;
    this.#written[slot] = this.#writes;
    if (item === 0) return;
    this.#before[slot] = this.#newest.get(item) ?? -1;
    this.#newest.set(item, slot);
  }

  /** Puts a number at every slot that holds one of these items. */
  mark(items: Float64Array, slots: Float32Array, number: number): void {
    for (let i = 0; i < items.length; i += 1) {
      const item = items[i] as number;
      let slot = this.#newest.get(item) ?? -1;
      while (slot >= 0 && this.#items[slot] === item) {
        slots[slot] = number;
        const before = this.#before[slot] as number;
        // What was written over since is newer.
        slot = before >= 0 && (this.#written[before] as number) < (this.#written[slot] as number) ? before : -1;
      }
    }
  }

  /** A copy of the first so many. */
  slice(filled: number): Float64Array {
    return this.#items.slice(0, filled);
  }

  /** Starts anew with these items in the first slots, the oldest of which is in slot `oldest`. */
  restore(items: Float64Array, oldest: number): void {
    this.#items.fill(0);
    this.#newest.clear();
    this.#writes = 0;
    for (let i = 0; i < items.length; i += 1) {
      const slot = (oldest + i) % items.length;
      this.write(slot, items[slot] as number);
    }
  }
}
