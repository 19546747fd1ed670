import type { HostTargets } from "../lib/contracts/index.js";
import type { HostMatrix } from "../lib/tensor/host.js";
import { toRuns, type RowSet, type Runs } from "../lib/tensor/nearest-rows.js";
import type { Collected, Search } from "./search.js";

/** Which half of the pairs looks for the other, or every item for its partner among all items. */
export type PairDirection = "a-to-b" | "b-to-a" | "both";

/**
 * Scores and subgroups of all pairs so far. An item looks for its partner, when their score is above 0.
 *
 * Items of another subgroup are known not to match; of the others in its own subgroup nothing is known, so they are no candidates.
 * When there is only one subgroup, as by default, every item is a candidate.
 */
export class PairRows implements Collected<"pair"> {
  readonly kind = "pair";
  readonly #direction: PairDirection;
  // By row.
  readonly #partners: number[] = [];
  readonly #matches: boolean[] = [];
  readonly #subgroups: number[] = [];
  readonly #isFirst: boolean[] = [];

  constructor(direction: PairDirection) {
    this.#direction = direction;
  }

  append({ labels, subgroups }: HostTargets<"pair">): void {
    const pairs = labels.length;
    const start = this.#partners.length;
    for (let row = 0; row < 2 * pairs; row += 1) {
      this.#partners.push(start + ((row + pairs) % (2 * pairs)));
      this.#matches.push(labels[row % pairs]! > 0);
      this.#subgroups.push(subgroups[row]!);
      this.#isFirst.push(row < pairs);
    }
  }

  search(matrix: HostMatrix): Search {
    const order = this.#inOrder();
    const candidates = this.#select(matrix, order, this.#direction === "both" ? null : this.#direction === "b-to-a");
    const queries = this.#direction === "both" ? candidates : this.#select(matrix, order, this.#direction === "a-to-b");
    const places = new Int32Array(this.#partners.length).fill(-1);
    candidates.rows.forEach((row, place) => (places[row] = place));
    const blocks = this.#subgroupRuns(candidates.rows);
    const partnerOf = (query: number): number => places[this.#partners[queries.rows[query]!]!]!;
    return {
      queries,
      candidates,
      relevant: (query) => {
        const partner = partnerOf(query);
        return this.#matches[queries.rows[query]!]! ? Int32Array.of(partner, partner + 1) : new Int32Array(0);
      },
      skipped: (query) => {
        const row = queries.rows[query]!;
        const block = blocks?.get(this.#subgroups[row]!) ?? new Int32Array(0);
        const own = this.#matches[row]! ? [partnerOf(query)] : [];
        if (queries === candidates) own.push(query);
        return own.every((place) => isWithin(block, place)) ? block : toRuns(merged(block, own));
      },
    };
  }

  /** Rows, partners side by side, subgroups together. */
  #inOrder(): Int32Array {
    const first = (row: number): number => Math.min(row, this.#partners[row]!);
    return Int32Array.from(this.#partners.keys()).sort(
      (left, right) => this.#subgroups[left]! - this.#subgroups[right]! || first(left) - first(right) || left - right,
    );
  }

  #select(matrix: HostMatrix, order: Int32Array, isFirst: boolean | null): RowSet {
    return { matrix, rows: order.filter((row) => isFirst === null || this.#isFirst[row] === isFirst) };
  }

  /** Where the candidates of each subgroup lie; null when all are of one. */
  #subgroupRuns(rows: Int32Array): ReadonlyMap<number, Runs> | null {
    const runs = new Map<number, Int32Array>();
    rows.forEach((row, place) => {
      const subgroup = this.#subgroups[row]!;
      runs.set(subgroup, Int32Array.of(runs.get(subgroup)?.[0] ?? place, place + 1));
    });
    return new Set(this.#subgroups).size > 1 ? runs : null;
  }
}

function isWithin(block: Runs, place: number): boolean {
  return block.length > 0 && place >= block[0]! && place < block[1]!;
}

/** A run and single places as ascending numbers. */
function merged(block: Runs, places: readonly number[]): number[] {
  const numbers = new Set(places);
  for (let place = block[0] ?? 0; place < (block[1] ?? 0); place += 1) numbers.add(place);
  return [...numbers].sort((left, right) => left - right);
}
