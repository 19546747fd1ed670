/** A signal that ends a run, and what has to be undone afterwards. */
export interface Watching extends Disposable {
  readonly signal: AbortSignal | null;
}

/** Joins the caller's signal with SIGINT and SIGTERM when the trainer may handle these. */
export function watchSignals(handle: boolean, given: AbortSignal | null): Watching {
  if (!handle) return { signal: given, [Symbol.dispose]: () => undefined };
  const controller = new AbortController();
  const abort = (name: NodeJS.Signals): void => controller.abort(new Error(`received ${name}`));
  process.on("SIGINT", abort).on("SIGTERM", abort);
  return {
    signal: given === null ? controller.signal : AbortSignal.any([given, controller.signal]),
    [Symbol.dispose]: () => void process.off("SIGINT", abort).off("SIGTERM", abort),
  };
}
