/** Places of the shared numbers. */
const AT_WORK = 0;
const ENDING = 1;
/** Longest that the end of the process waits, in milliseconds. */
const PATIENCE = 10_000;

/**
 * Says across threads whether native code is running. The native runtime ends the whole process with SIGABRT when its thread is taken
 * away during a run, as `process.exit()` and errors that nobody catches do; so the end waits for the run, and no other begins.
 */
export class WorkSign {
  /** To be given to the other thread. */
  readonly shared: Int32Array<SharedArrayBuffer>;

  constructor(shared = new Int32Array(new SharedArrayBuffer(8))) {
    this.shared = shared;
  }

  /** On the native thread, before work: never comes back when the process is ending. */
  async begin(): Promise<void> {
    Atomics.store(this.shared, AT_WORK, 1);
    if (Atomics.load(this.shared, ENDING) === 0) return;
    this.end();
    await new Promise(() => undefined);
  }

  /** On the native thread, after work. */
  end(): void {
    Atomics.store(this.shared, AT_WORK, 0);
    Atomics.notify(this.shared, AT_WORK);
  }

  /** On the other thread: lets no work begin any more, and waits for what is under way. */
  wait(): void {
    Atomics.store(this.shared, ENDING, 1);
    Atomics.wait(this.shared, AT_WORK, 1, PATIENCE);
  }
}

const signs = new Set<WorkSign>();
const waitForAll = (): void => signs.forEach((sign) => sign.wait());

/** The end of the process waits for this work. */
export function waitAtExit(sign: WorkSign): void {
  if (signs.size === 0) process.on("exit", waitForAll);
  signs.add(sign);
}

/** It does not any more. */
export function leaveAtExit(sign: WorkSign): void {
  signs.delete(sign);
  if (signs.size === 0) process.off("exit", waitForAll);
}
