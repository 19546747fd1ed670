import type { Random } from "../../lib/random.js";

/** Where the samples of one batch stand in their source. */
export type Positions = ArrayLike<number>;

/** All positions once, shuffled when there is a `random`. */
export function sampleOrder(length: number, random: Random | null): Uint32Array {
  const order = new Uint32Array(length);
  for (let position = 0; position < length; position += 1) order[position] = position;
  return random === null ? order : random.shuffle(order);
}

/** An order cut into batches; the last may be smaller. */
export function* cut(order: Uint32Array, batchSize: number): Generator<Positions, void, undefined> {
  for (let start = 0; start < order.length; start += batchSize) yield order.subarray(start, start + batchSize);
}

/** Samples of a stream put into batches; the last may be smaller. */
export async function* collect<S>(
  samples: AsyncIterable<S>,
  batchSize: number,
): AsyncGenerator<readonly S[], void, undefined> {
  let batch: S[] = [];
  for await (const sample of samples) {
    batch.push(sample);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
