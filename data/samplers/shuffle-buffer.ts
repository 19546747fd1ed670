import type { Random } from "../../lib/random.js";

/**
 * Shuffles a stream as far as a bounded memory allows: holds `size` samples and gives a random one of them for each new one. A stream
 * that fits is shuffled completely.
 */
export async function* shuffleBuffer<S>(
  samples: AsyncIterable<S>,
  size: number,
  random: Random,
): AsyncGenerator<S, void, undefined> {
  const held: S[] = [];
  for await (const sample of samples) {
    if (held.length < size) {
      held.push(sample);
      continue;
    }
    const place = random.integer(size);
    const given = held[place]!;
    held[place] = sample;
    yield given;
  }
  yield* random.shuffle(held);
}
