import type { TrainEvent } from "./events.js";
import type { Sink } from "./sink.js";
import type { Warnings } from "./warnings.js";

/** Shows the warnings of a run that prints nothing as warnings of the process, each once. */
export class ProcessWarnings implements Sink {
  readonly #told = new Set<string>();

  accept(event: TrainEvent): void {
    if (event.type !== "warning" || this.#told.has(event.message)) return;
    this.#told.add(event.message);
    process.emitWarning(event.message, { type: "LikewiseWarning", code: event.code });
  }

  close(): void {
    this.#told.clear();
  }
}

/** Shows what waits and nobody else will show. */
export function showWarnings(warnings: Warnings): void {
  const sink = new ProcessWarnings();
  for (const event of warnings.take()) sink.accept(event);
}
