import type { Edits } from "../tensor/host.js";

/** Writes that are remembered; whoever copied before them copies everything. */
const REMEMBERED = 16;

/** The newest writes to an array. */
export class RecentEdits implements Edits {
  readonly #ranges: (readonly [start: number, end: number])[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The numbers from `start` to `end`, exclusive, were written. */
  add(start: number, end: number): void {
    if (end <= start) return;
    this.#ranges.push([start, end]);
    if (this.#ranges.length > REMEMBERED) this.#ranges.shift();
    this.#count += 1;
  }

  since(count: number): readonly (readonly [start: number, end: number])[] | null {
    const missed = this.#count - count;
    if (missed === 0) return [];
    return missed > this.#ranges.length ? null : this.#ranges.slice(-missed);
  }
}
