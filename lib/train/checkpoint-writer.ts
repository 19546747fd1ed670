import { StorageError } from "../errors.js";

/** A checkpoint that waits to be written: plain copies, which nobody changes any more. */
export interface CheckpointJob<Told> {
  readonly path: string;
  /** Of its path only the newest state counts: it takes the place of one that waits. Others are all written, in their order. */
  readonly replaces: boolean;
  readonly write: () => Promise<void>;
  /** What is told once it is on disk. */
  readonly told: Told;
}

/** Checkpoints held in memory beside the one being written; a run that is faster than its disk waits. */
const MOST_WAITING = 2;

/**
 * Writes checkpoints one after the other while training goes on; bytes and `fsync` are the work of other threads. A failure is thrown
 * by the next `add`, `take` or `finish`; what stands for itself (`replaces`) is tried all the same.
 */
export class CheckpointWriter<Told> {
  #waiting: CheckpointJob<Told>[] = [];
  #running: Promise<void> | null = null;
  #written: Told[] = [];
  #failure: StorageError | null = null;

  /** Resolves at once unless too much waits. */
  async add(job: CheckpointJob<Told>): Promise<void> {
    if (!job.replaces) this.#throwFailure();
    const place = job.replaces ? this.#waiting.findIndex(({ path }) => path === job.path) : -1;
    if (place < 0) this.#waiting.push(job);
    else this.#waiting[place] = job;
    this.#running ??= this.#run();
    while (this.#waiting.length > MOST_WAITING) await new Promise((resolve) => setTimeout(resolve, 1));
    this.#throwFailure();
  }

  /** What was written since the last call. */
  take(): readonly Told[] {
    this.#throwFailure();
    const written = this.#written;
    if (written.length > 0) this.#written = [];
    return written;
  }

  /** Waits until nothing is left to write. */
  async finish(): Promise<void> {
    await this.settle();
    this.#throwFailure();
  }

  /** The same without throwing: for a run that failed already. */
  async settle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // What is added right now may still be replaced by something newer of this turn.
    await Promise.resolve();
    for (let job = this.#waiting.shift(); job !== undefined; job = this.#waiting.shift()) {
      try {
        await job.write();
        this.#written.push(job.told);
      } catch (cause) {
        this.#failure ??= cause instanceof StorageError ? cause : new StorageError("the checkpoint", job.path, cause);
        this.#waiting = this.#waiting.filter(({ replaces }) => replaces);
      }
    }
    this.#running = null;
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }
}
