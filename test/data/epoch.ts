import type { Batch } from "../../lib/contracts/batch.js";
import type { Loader } from "../../lib/contracts/loader.js";
import type { Kind } from "../../lib/contracts/samples.js";
import { Random } from "../../lib/random.js";

/** All batches of one epoch. */
export async function epochOf<K extends Kind, Item>(
  loader: Loader<K, Item>,
  { epoch = 0, training = true, skip = 0, seed = 1 } = {},
): Promise<Batch<K, Item>[]> {
  const batches: Batch<K, Item>[] = [];
  for await (const batch of loader.epoch({ epoch, training, skip, random: new Random(seed) })) batches.push(batch);
  return batches;
}

export async function listOf<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}

/** A restartable stream of some values. */
export function streamOf<T>(values: readonly T[]): () => AsyncGenerator<T, void, undefined> {
  return async function* () {
    for (const value of values) yield await Promise.resolve(value);
  };
}

export function count<T>(values: Iterable<T>): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
