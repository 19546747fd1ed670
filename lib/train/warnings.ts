import type { TrainEvent } from "./events.js";

/** Warnings that wait to be told, each once. */
export class Warnings {
  readonly #told = new Set<string>();
  #waiting: { readonly code: string; readonly message: string }[] = [];

  /** @param key warnings of one key are told once. Default the code. */
  readonly warn = (code: string, message: string, key = code): void => {
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#waiting.push({ code, message });
  };

  *take(): Generator<TrainEvent, void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { code, message } of waiting) yield { type: "warning", code, message };
  }
}
