import type { Random } from "../../lib/random.js";
import type { GroupTable } from "./group-table.js";

/**
 * Deals rows of groups: a shuffled deck for each group, which is shuffled anew when it is used up. The rows of one deal differ as long
 * as the group has that many.
 */
export class RowDecks {
  readonly #table: GroupTable;
  readonly #random: Random;
  readonly #rows: Int32Array;
  /** Rows dealt of the group's deck. */
  readonly #dealt: Int32Array;

  constructor(table: GroupTable, random: Random) {
    this.#table = table;
    this.#random = random;
    this.#rows = table.rows.slice();
    this.#dealt = Int32Array.from({ length: table.names.length }, (_, group) => this.#deck(group).length);
  }

  /** Adds `count` rows of a group to `batch`. */
  deal(group: number, count: number, batch: number[]): void {
    const deck = this.#deck(group);
    const first = batch.length;
    if (deck.length < count) this.#dealt[group] = deck.length; // all of them, then some again
    while (batch.length - first < count) {
      if (this.#dealt[group] === deck.length) {
        this.#random.shuffle(deck);
        this.#dealt[group] = 0;
        if (deck.length >= count) sink(deck, batch.slice(first));
      }
      batch.push(deck[this.#dealt[group]!]!);
      this.#dealt[group] = this.#dealt[group]! + 1;
    }
  }

  #deck(group: number): Int32Array {
    return this.#rows.subarray(this.#table.starts[group], this.#table.starts[group + 1]);
  }
}

/** Moves some rows to the end of a deck; the others keep their order. */
function sink(deck: Int32Array, rows: readonly number[]): void {
  if (rows.length === 0) return;
  deck.set([...deck.filter((row) => !rows.includes(row)), ...deck.filter((row) => rows.includes(row))]);
}
