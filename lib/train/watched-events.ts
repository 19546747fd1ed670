import type { Observer, Subscription } from "rxjs";
import { Observable } from "rxjs/internal/Observable";
import { Subscriber } from "rxjs/internal/Subscriber";

type Watcher<T> = Partial<Observer<T>> | ((value: T) => void) | null | undefined;

/**
 * Events that can be watched but not steered. What a subscriber throws, also later or in an operator of its `pipe`, is told in a
 * warning of the process, once for each subscriber; rxjs would end the process with it.
 */
export class WatchedEvents<T> extends Observable<T> {
  static of<T>(source: Observable<T>): WatchedEvents<T> {
    return Object.assign(new WatchedEvents<T>(), { source });
  }

  override lift<R>(operator?: unknown): Observable<R> {
    return Object.assign(new WatchedEvents<R>(), { source: this, operator });
  }

  override subscribe(
    watcher?: Watcher<T>,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // A part of a pipe, which hands errors on to who watches its end.
    if (watcher instanceof Subscriber) return super.subscribe(watcher);
    const given: Partial<Observer<T>> =
      typeof watcher === "function" || watcher === null || watcher === undefined
        ? { ...(watcher && { next: watcher }), ...(error && { error }), ...(complete && { complete }) }
        : watcher;
    const tell = warnOnce();
    const guarded =
      <Given extends unknown[]>(call: (...values: Given) => unknown) =>
      (...values: Given): void => {
        try {
          const result = call(...values);
          if (result instanceof Promise) result.catch(tell);
        } catch (thrown) {
          tell(thrown);
        }
      };
    return super.subscribe({
      next: guarded((value: T) => given.next?.(value)),
      error: guarded((thrown: unknown) => (given.error === undefined ? tell(thrown) : given.error(thrown))),
      complete: guarded(() => given.complete?.()),
    });
  }
}

function warnOnce(): (error: unknown) => void {
  let told = false;
  return (error) => {
    if (told) return;
    told = true;
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.emitWarning(
      `a subscriber of trainer.events$ has thrown; the run goes on without it being told again: ${what}`,
      {
        type: "LikewiseWarning",
        code: "SUBSCRIBER",
      },
    );
  };
}
