/** Looks at a program that are made however long they take, and the share of all time that later ones may take. */
const FREE = 16;
const SHARE = 0.05;

/** Counts how often code has run that programs may depend on. */
export class Reviews {
  #asked = 0;

  ask(): void {
    this.#asked += 1;
  }

  get asked(): number {
    return this.#asked;
  }
}

/**
 * The time to look at one program again, to see whether it still does what was recorded: its code may depend on what other code of the user's
 * changes, and a graph would repeat the first recording forever.
 */
export class ReviewTime {
  readonly #since = performance.now();
  #made = 0;
  #spent = 0;

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
