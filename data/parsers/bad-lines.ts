import { callback, flag } from "../../lib/contracts/options.js";
import type { DataError } from "../../lib/errors.js";

/** What to do with lines that cannot be used. */
export interface BadLineOptions {
  /** Leave bad lines out instead of failing at the first. Default false. */
  readonly skipBadLines?: boolean;
  /** Told about every line left out. Without it a process warning tells how many there were, once. */
  readonly onSkip?: (error: DataError) => void;
}

export const BAD_LINE_CHECKS = { skipBadLines: flag, onSkip: callback } as const;

/** Fails at the first bad line or counts them, and reports how many were left out. */
export class BadLines {
  readonly #file: string;
  readonly #skip: boolean;
  readonly #onSkip: ((error: DataError) => void) | undefined;
  #count = 0;
  #first: DataError | null = null;
  #warned = false;

  constructor(file: string, { skipBadLines = false, onSkip }: BadLineOptions) {
    this.#file = file;
    this.#skip = skipBadLines;
    this.#onSkip = onSkip;
  }

  /** Lines left out since the last `restart`. */
  get count(): number {
    return this.#count;
  }

  restart(): void {
    this.#count = 0;
    this.#first = null;
  }

  /** Counts the line, or throws the error when bad lines are not to be skipped. */
  add(error: DataError): void {
    if (!this.#skip) throw error;
    this.#count += 1;
    this.#first ??= error;
    this.#onSkip?.(error);
  }

  /** Called at the end of the file. */
  report(): void {
    if (this.#first === null || this.#onSkip !== undefined || this.#warned) return;
    this.#warned = true;
    const lines = this.#count === 1 ? "1 bad line was" : `${this.#count} bad lines were`;
    process.emitWarning(`${this.#file}: ${lines} left out; the first: ${this.#first.message}`, "LikewiseWarning");
  }
}
