import type { TrainEvent } from "./events.js";

/** Warnings that wait to be told, each code once. */
export class Warnings {
  readonly #told = new Set<string>();
  #waiting: { readonly code: string; readonly message: string }[] = [];

  readonly warn = (code: string, message: string): void => {
    if (this.#told.has(code)) return;
    this.#told.add(code);
    this.#waiting.push({ code, message });
  };

  *take(): Generator<TrainEvent, void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { code, message } of waiting) yield { type: "warning", code, message };
  }
}
