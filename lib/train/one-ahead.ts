/** A value with the one after it, which is already under way; null after the last. */
export interface WithUpcoming<T> {
  readonly value: T;
  readonly upcoming: Promise<T | null>;
}

/**
 * The same values, with the next one already under way while the last is used. When the consumer stops early the source is closed,
 * and what was under way is dropped.
 */
export async function* oneAhead<T>(source: AsyncIterable<T>): AsyncGenerator<WithUpcoming<T>, void, void> {
  const iterator = source[Symbol.asyncIterator]();
  const following = async (): Promise<T | null> => {
    const result = await iterator.next();
    return result.done === true ? null : result.value;
  };
  let upcoming: Promise<T | null> | null = following();
  // A failure is reported where it is awaited, not as an unhandled rejection before.
  upcoming.catch(() => undefined);
  try {
    for (;;) {
      const value: T | null = await upcoming;
      upcoming = null;
      if (value === null) return;
      upcoming = following();
      upcoming.catch(() => undefined);
      yield { value, upcoming };
    }
  } finally {
    if (upcoming !== null) {
      await upcoming.catch(() => undefined);
      await iterator.return?.();
    }
  }
}

/** The values of a source of which the first has been asked for already. */
export async function* withFirst<T>(
  first: Promise<IteratorResult<T, void>>,
  rest: AsyncGenerator<T, void, void>,
): AsyncGenerator<T, void, void> {
  try {
    for (let result = await first; result.done !== true; result = await rest.next()) yield result.value;
  } finally {
    await rest.return();
  }
}

/** Hands the upcoming value on as soon as it is there. What goes wrong shows again where the value is used in its turn. */
export function whenThere<T>(upcoming: Promise<T | null>, use: (value: T) => void): void {
  upcoming.then((value) => (value === null ? undefined : use(value))).catch(() => undefined);
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
