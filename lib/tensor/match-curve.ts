import type { RankProfile } from "./nearest-profile.js";

/**
 * The cumulative match characteristic: for each rank 1..K, which share of the queries has a relevant candidate at that rank or before.
 * All ranks come from one look at each query.
 */
export class MatchCurve {
  /** How many queries have their first relevant candidate at each rank; of ties, the mean over all orders. */
  readonly #first: Float64Array;
  #queries = 0;

  constructor(ranks: number) {
    this.#first = new Float64Array(ranks);
  }

  add({ levels, valid }: RankProfile): void {
    this.#queries += 1;
    const best = levels[0];
    if (!valid) this.#first.fill(NaN);
    if (best === undefined || !valid) return;
    const { better, tied, relevant } = best;
    let probability = relevant / tied;
    for (let place = 1; place <= tied - relevant + 1 && better + place <= this.#first.length; place += 1) {
      this.#first[better + place - 1] = this.#first[better + place - 1]! + probability;
      probability *= (tied - relevant - place + 1) / (tied - place);
    }
  }

  /** Adds a query by the rank of its first relevant candidate, from 1; Infinity when there is none. */
  addRank(rank: number): void {
    this.#queries += 1;
    if (rank <= this.#first.length) this.#first[rank - 1] = this.#first[rank - 1]! + 1;
  }

  /** The shares, from rank 1; NaN without queries. */
  rates(): Float64Array {
    let sum = 0;
    return this.#first.map((first) => (sum += first) / this.#queries);
  }
}
