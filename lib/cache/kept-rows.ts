import type { RowCache } from "./row-cache.js";
import type { LateTensor } from "../tensor/late-tensor.js";
import type { RowShelf } from "./row-shelf.js";

/**
 * Where the rows of a loader's items lie in memory, by the place of the item: they are found without their keys. Only while no row is put
 * out; from then on every use of a row has to be noted, so that the one not used for longest makes room.
 */
export class KeptRows {
  readonly #rows: RowCache;
  readonly #shelf: RowShelf;
  readonly #removals: number;
  /** Slot + 1 by place; 0 is not known. */
  #slots = new Int32Array(0);

  constructor(rows: RowCache, shelf: RowShelf) {
    this.#rows = rows;
    this.#shelf = shelf;
    this.#removals = rows.removals;
  }

  /** The rows of the items at some places, one after the other, copied when they are looked at; null when not all are known. */
  of(places: readonly number[]): LateTensor | null {
    if (this.#rows.removals !== this.#removals) return null;
    const slots = new Int32Array(places.length);
    for (let i = 0; i < places.length; i += 1) {
      const slot = this.#slots[places[i] as number];
      if (slot === undefined || slot === 0) return null;
      slots[i] = slot - 1;
    }
    return this.#rows.lateRows(this.#shelf, slots);
  }

  /** Remembers where the rows of these keys lie. */
  learn(places: readonly number[], keys: Int32Array): void {
    if (this.#rows.removals !== this.#removals) {
      this.#slots = new Int32Array(0);
      return;
    }
    const end = places.reduce((most, place) => Math.max(most, place + 1), 0);
    if (end > this.#slots.length) {
      const grown = new Int32Array(Math.max(end, 2 * this.#slots.length));
      grown.set(this.#slots);
      this.#slots = grown;
    }
    places.forEach((place, i) => (this.#slots[place] = this.#shelf.slotOf(keys, i) + 1));
  }
}
