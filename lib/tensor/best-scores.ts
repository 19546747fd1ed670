/** The largest scores that were pushed, as a heap with the worst on top; of equal ones the later row is worse. */
export class BestScores {
  readonly rows: Int32Array;
  readonly #scores: Float64Array;
  #filled = 0;

  constructor(count: number) {
    this.rows = new Int32Array(count);
    this.#scores = new Float64Array(count);
  }

  get full(): boolean {
    return this.#filled === this.rows.length;
  }

  /** Only larger scores are taken. */
  get floor(): number {
    return this.full ? this.#scores[0]! : -Infinity;
  }

  push(score: number, row: number): number {
    if (!this.full) {
      this.#filled += 1;
      this.#rise(this.#filled - 1, score, row);
    } else this.#sink(score, row);
    return this.floor;
  }

  #rise(place: number, score: number, row: number): void {
    let at = place;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isWorse(score, row, parent)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, score, row);
  }

  /** Replaces the worst. */
  #sink(score: number, row: number): void {
    const { length } = this.rows;
    let at = 0;
    for (let child = 1; child < length; child = 2 * at + 1) {
      const other = child + 1;
      if (other < length && this.#isWorse(this.#scores[other]!, this.rows[other]!, child)) child = other;
      if (this.#isWorse(score, row, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, score, row);
  }

  #isWorse(score: number, row: number, than: number): boolean {
    const other = this.#scores[than]!;
    return score < other || (score === other && row > this.rows[than]!);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#scores[from]!, this.rows[from]!);
  }

  #put(at: number, score: number, row: number): void {
    this.#scores[at] = score;
    this.rows[at] = row;
  }
}
