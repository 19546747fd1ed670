import { TraceError } from "./trace/trace-error.js";

/** Runs after which it is judged, and the share of them that had to be recorded from which it is too much. */
const JUDGED = 32;
const MOST = 0.75;
/** About how many times as long as natively a step takes eagerly. */
const EAGERLY = 8;

/** Notices programs whose inputs have new sizes in nearly every run, so that recording them takes longer than eager runs would. */
export class ChangingSizes {
  #runs = 0;
  #recorded = 0;
  #recording = 0;
  #running = 0;

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

  /** @throws TraceError when another recording does not pay. */
  require(): void {
    if (this.#runs < JUDGED || this.#recorded < MOST * this.#runs || this.#recording < EAGERLY * this.#running) return;
    throw new TraceError(
      `its inputs have new sizes in nearly every batch (${this.#recorded} of ${this.#runs}), and to record each takes ` +
        `${Math.round(this.#recording / this.#recorded)} ms, a run ${(this.#running / this.#runs).toFixed(1)} ms; give every tuple the ` +
        `same number of positives and negatives, or pad what varies`,
      null,
    );
  }
}
