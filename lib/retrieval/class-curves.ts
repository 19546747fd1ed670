import type { RankProfile } from "../tensor/nearest-profile.js";
import { MatchCurve } from "../tensor/match-curve.js";

/** Cumulative match characteristics of all queries, and of each class of them. */
export class ClassCurves {
  readonly #ranks: number;
  readonly #classes: readonly string[] | null;
  readonly #whole: MatchCurve;
  readonly #parts = new Map<string, MatchCurve>();

  /** @param classes of the queries, by their number; null for none. */
  constructor(ranks: number, classes: readonly string[] | null) {
    this.#ranks = ranks;
    this.#classes = classes;
    this.#whole = new MatchCurve(ranks);
  }

  add(profile: RankProfile): void {
    for (const curve of this.#of(profile.query)) curve.add(profile);
  }

  /** Adds a query by the rank of its first relevant candidate, from 1; Infinity when there is none. */
  addRank(query: number, rank: number): void {
    for (const curve of this.#of(query)) curve.addRank(rank);
  }

  /** From rank 1. */
  get whole(): readonly number[] {
    return [...this.#whole.rates()];
  }

  /** Of the queries of a class. */
  of(name: string): readonly number[] {
    return [...(this.#parts.get(name)?.rates() ?? [])];
  }

  #of(query: number): MatchCurve[] {
    const name = this.#classes?.[query];
    if (name === undefined) return [this.#whole];
    let part = this.#parts.get(name);
    if (part === undefined) this.#parts.set(name, (part = new MatchCurve(this.#ranks)));
    return [this.#whole, part];
  }
}
