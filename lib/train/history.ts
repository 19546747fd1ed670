import type { HistoryEntry } from "../model/training-record.js";
import type { TrainEvent } from "./events.js";

/** Entries kept; of more, every second one is left out. */
const MOST = 50;

/** What a run logs at the ends of epochs and validations, for the record that is saved with the model. */
export class History {
  #entries: HistoryEntry[] = [];

  /** The entries, oldest first; numbers that are not finite are left out. */
  get entries(): readonly HistoryEntry[] {
    return this.#entries;
  }

  /** Lets events pass and writes down those that count. */
  async *watch<Result>(events: AsyncGenerator<TrainEvent, Result>): AsyncGenerator<TrainEvent, Result> {
    try {
      for (;;) {
        const { done, value } = await events.next();
        if (done === true) return value;
        this.#add(value);
        yield value;
      }
    } finally {
      // Whoever stops reading stops the run.
      await events.return(undefined as Result);
    }
  }

  #add(event: TrainEvent): void {
    if (event.type !== "metrics" || event.scope !== "epoch") return;
    const { step, epoch } = event;
    const values = Object.fromEntries(Object.entries(event.values).filter(([, value]) => Number.isFinite(value)));
    const last = this.#entries.at(-1);
    if (last?.step === step)
      this.#entries[this.#entries.length - 1] = { ...last, values: { ...last.values, ...values } };
    else this.#entries.push({ step, epoch, values });
    // The newest stays.
    if (this.#entries.length > MOST) this.#entries = this.#entries.filter((_, at) => at % 2 === MOST % 2);
  }
}
