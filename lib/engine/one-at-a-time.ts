import { UsageError } from "../errors.js";

/** Lets a session do one thing at a time, and nothing after it is closed. */
export class OneAtATime {
  #busy: { readonly what: string; readonly until: Promise<unknown> } | null = null;
  #closed = false;

  /** @throws UsageError when something else is under way, or the session is closed. */
  async do<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new UsageError(`${what}: the session is closed`);
    if (this.#busy !== null)
      throw new UsageError(`${what}: the session is busy with ${this.#busy.what}; await that first`);
    const until = work();
    this.#busy = { what, until };
    try {
      return await until;
    } finally {
      this.#busy = null;
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Refuses everything from now on, and waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#busy?.until.catch(() => undefined);
  }
}
