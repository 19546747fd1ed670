/** Looks that are made however long they take, and the share of all time that later ones may take. */
const FREE = 8;
const SHARE = 0.01;

/**
 * Says when programs are recorded again, to see whether they still do what was recorded: their code may depend on what other code of the
 * user's changes, and a graph would repeat the first recording forever.
 */
export class Reviews {
  readonly #since = performance.now();
  #asked = 0;
  #made = 0;
  #spent = 0;

  /** Code has run that may have changed what programs do. */
  ask(): void {
    this.#asked += 1;
  }

  /** How often that was so. */
  get asked(): number {
    return this.#asked;
  }

  /** Whether there is time for a look. */
  get affordable(): boolean {
    return this.#made < FREE || this.#spent < SHARE * (performance.now() - this.#since);
  }

  /** Takes the time of a look. */
  measure<T>(look: () => T): T {
    const started = performance.now();
    try {
      return look();
    } finally {
      this.#made += 1;
      this.#spent += performance.now() - started;
    }
  }
}
