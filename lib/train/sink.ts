import type { TrainEvent } from "./events.js";

/** Takes the events of a run in order, and may slow it down: progress, logs. Awaited; what must not delay training subscribes to `events$`. */
export interface Sink {
  accept(event: TrainEvent): void | Promise<void>;
  /** Called once, also after a failure. */
  close(): void | Promise<void>;
}
