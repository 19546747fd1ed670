/** Keeps logged numbers somewhere. Calls may overlap; they are written in their order. */
export interface ScalarSink {
  /** `step` counts optimizer updates. */
  write(step: number, scalars: Readonly<Record<string, number>>): void | Promise<void>;
  /** Waits until everything is written. */
  close(): Promise<void>;
}

/** Options of logs in files. A file that is there is appended to, so that a resumed run goes on in it. */
export interface FileLogOptions {
  /**
   * The last step to keep of what is there: later ones come from a run that went on after the checkpoint that is resumed, and will
   * be written again. Default: everything is kept.
   */
  readonly keepUntil?: number;
}
