import type { CachedEncoder, Missing } from "./cached-encoder.js";

/** What filling did. */
export interface FillReport {
  /** Items read. */
  readonly items: number;
  /** Vectors computed, all encoders together. */
  readonly computed: number;
  /** Encoders whose vectors found no room, so that the rest is computed when it is needed. */
  readonly full: readonly string[];
}

/**
 * Computes the vectors of all items before they are needed, reading the items once; each distinct item is encoded once, in batches
 * of `batchSize`. Stops early when the memory is full for every encoder: filling on would only put out what was just filled in.
 *
 * @param onProgress called with the number of items read so far.
 */
export async function fillCaches<Item>(
  encoders: Iterable<CachedEncoder<Item>>,
  items: AsyncIterable<Item>,
  batchSize: number,
  onProgress: (items: number) => void = () => undefined,
): Promise<FillReport> {
  const open = new Map([...encoders].map((encoder) => [encoder, new Map<string, Missing<Item>>()]));
  const before = new Map([...open.keys()].map((encoder) => [encoder, encoder.misses]));
  const full: string[] = [];
  let read = 0;

  const compute = async (least: number): Promise<void> => {
    for (const [encoder, waiting] of open) {
      while (waiting.size >= least) {
        const some = [...waiting.values()].slice(0, batchSize);
        if (!(await encoder.add(some))) {
          full.push(encoder.name);
          open.delete(encoder);
          break;
        }
        for (const { key } of some) waiting.delete(key);
      }
    }
  };
  const accept = async (chunk: readonly Item[]): Promise<void> => {
    for (const [encoder, waiting] of open) {
      for (const missing of await encoder.missing(chunk)) {
        if (!waiting.has(missing.key)) waiting.set(missing.key, { ...missing, position: read + missing.position });
      }
    }
    read += chunk.length;
    await compute(batchSize);
    onProgress(read);
  };

  let chunk: Item[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length < batchSize) continue;
    await accept(chunk);
    chunk = [];
    if (open.size === 0) break;
  }
  if (chunk.length > 0) await accept(chunk);
  await compute(1);
  let computed = 0;
  for (const [encoder, misses] of before) {
    computed += encoder.misses - misses;
    if (encoder.misses > misses) await encoder.save();
  }
  return { items: read, computed, full };
}
