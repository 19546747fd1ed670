/**
 * The same values, with the next one already under way while the last is used. When the consumer stops early the source is closed,
 * and what was under way is dropped.
 */
export async function* oneAhead<T>(source: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  const iterator = source[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<T>> | null = iterator.next();
  // A failure is reported where it is awaited, not as an unhandled rejection before.
  next.catch(() => undefined);
  try {
    for (;;) {
      const result = await next;
      next = null;
      if (result.done === true) return;
      next = iterator.next();
      next.catch(() => undefined);
      yield result.value;
    }
  } finally {
    if (next !== null) {
      await next.catch(() => undefined);
      await iterator.return?.();
    }
  }
}

/** The first `count` values; null = all. */
export async function* atMost<T>(source: AsyncIterable<T>, count: number | null): AsyncGenerator<T, void, void> {
  if (count === 0) return;
  let taken = 0;
  for await (const value of source) {
    yield value;
    taken += 1;
    if (taken === count) return;
  }
}
