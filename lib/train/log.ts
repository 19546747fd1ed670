import { AsyncLocalStorage } from "node:async_hooks";
import type { Scalars } from "./events.js";

/** How a logged number is treated. */
export interface LogOptions {
  /** Log the value of every step as `<name>_step`. Default false. */
  readonly onStep?: boolean;
  /** Log the mean of the epoch under `name`. Default true. */
  readonly onEpoch?: boolean;
  /** Show in the progress bar. Default false. */
  readonly progress?: boolean;
  /** Weight of the value in the mean of the epoch. Default the number of samples of the current batch. */
  readonly weight?: number;
}

/** Collects the numbers of one stage: means over the epoch weighted by batch size, and the values of the last step. */
export class ScalarLog {
  readonly #sums = new Map<string, { sum: number; weight: number }>();
  #step: Record<string, number> = {};
  #progress: Record<string, number> = {};
  /** Weight of values that are logged without one. */
  batchSize = 1;

  write(
    name: string,
    value: number,
    { onStep = false, onEpoch = true, progress = false, weight = this.batchSize }: LogOptions = {},
  ): void {
    if (onStep) this.#step[`${name}_step`] = value;
    if (progress) this.#progress[name] = value;
    if (!onEpoch) return;
    const entry = this.#sums.get(name) ?? { sum: 0, weight: 0 };
    entry.sum += value * weight;
    entry.weight += weight;
    this.#sums.set(name, entry);
  }

  /** Values of the steps since the last call. */
  takeStep(): Scalars {
    const values = this.#step;
    this.#step = {};
    return values;
  }

  /** What the progress bar shows now. */
  get progress(): Scalars {
    return this.#progress;
  }

  /** Weighted means so far. */
  means(): Scalars {
    return Object.fromEntries(
      [...this.#sums].map(([name, { sum, weight }]) => [name, weight === 0 ? NaN : sum / weight]),
    );
  }

  reset(): void {
    this.#sums.clear();
    this.#step = {};
    this.#progress = {};
  }

  /** What is needed to go on in the middle of an epoch. */
  get state(): Readonly<Record<string, readonly [sum: number, weight: number]>> {
    return Object.fromEntries([...this.#sums].map(([name, { sum, weight }]) => [name, [sum, weight] as const]));
  }

  restore(state: Readonly<Record<string, readonly [sum: number, weight: number]>>): void {
    this.reset();
    for (const [name, [sum, weight]] of Object.entries(state)) this.#sums.set(name, { sum, weight });
  }
}

const current = new AsyncLocalStorage<ScalarLog>();

/** Runs `body` so that `log` writes to this log, also after an `await`. */
export function logInto<T>(target: ScalarLog, body: () => T): T {
  return current.run(target, body);
}

/**
 * Logs a number from anywhere in a step: `processResults`, a callback, a custom encoder's `collate`. The mean over the epoch, weighted
 * by batch size, appears with the other metrics and can be monitored. Outside a run it does nothing, so code that logs can be tested
 * alone.
 */
export function log(name: string, value: number, options: LogOptions = {}): void {
  current.getStore()?.write(name, value, options);
}
