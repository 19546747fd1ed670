/**
 * Asks for the next value while the consumer works on the current one; never for more. When the consumer stops, the source is told
 * to (`iterator.return`).
 */
export async function* oneAhead<T>(source: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  let pending = ask(iterator);
  let open = true;
  try {
    for (;;) {
      const result = await pending.catch((error: unknown) => {
        open = false; // an iterator that failed has ended
        throw error;
      });
      if (result.done === true) {
        open = false;
        return;
      }
      pending = ask(iterator);
      yield result.value;
    }
  } finally {
    if (open) await iterator.return?.();
  }
}

function ask<T>(iterator: AsyncIterator<T>): Promise<IteratorResult<T>> {
  const answer = iterator.next();
  answer.catch(() => undefined); // handled when it is awaited; until then a failure must not end the process
  return answer;
}
