/** Runs after which it is judged, and the share of them that had to be recorded from which it is too much. */
const JUDGED = 32;
const MOST = 0.75;
/** About how many times as long as natively a step takes eagerly. */
const EAGERLY = 8;

/**
 * Notices programs whose inputs have new sizes in nearly every run, so that recording them takes longer than eager runs would. It only tells:
 * were the engine changed by the clock, equal seeds would not give equal numbers.
 */
export class ChangingSizes {
  #runs = 0;
  #recorded = 0;
  #recording = 0;
  #running = 0;
  #told = false;

  /** A run whose sizes had to be recorded first, in milliseconds. */
  addRecording(milliseconds: number): void {
    this.#recorded += 1;
    this.#recording += milliseconds;
  }

  /** A run, in milliseconds of native code. */
  addRun(milliseconds: number): void {
    this.#runs += 1;
    this.#running += milliseconds;
  }

  /** What is to be told, once; else null. */
  takeWarning(): string | null {
    if (this.#told || this.#runs < JUDGED || this.#recorded < MOST * this.#runs) return null;
    if (this.#recording < EAGERLY * this.#running) return null;
    this.#told = true;
    return (
      `its inputs have new sizes in nearly every batch (${this.#recorded} of ${this.#runs}), and to record each takes ` +
      `${Math.round(this.#recording / this.#recorded)} ms, a run ${(this.#running / this.#runs).toFixed(1)} ms; give every tuple the ` +
      `same number of positives and negatives, or pad what varies; else engine: "eager" may be faster`
    );
  }
}
