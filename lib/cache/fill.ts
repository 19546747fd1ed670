import type { CachedEncoder } from "./cached-encoder.js";
import type { KeptItems } from "./kept-items.js";
import { WaitingItems } from "./missing.js";
import type { Elsewhere } from "./row-computer.js";

/** Items read together, and where their keys are remembered when they need not be read again. */
export interface ItemBlock<Item> {
  readonly items: readonly Item[];
  readonly source?: KeptItems<Item>;
  readonly places?: readonly number[];
}

/** How caches are filled. */
export interface FillOptions<in Item> {
  /** Called with the number of items read so far. */
  readonly onProgress?: (items: number) => void;
  /** Items that will come, when it is known. */
  readonly expected?: number | null;
  /** Computes several batches at the same time, which are kept in their order all the same. Default: one after the other, in this thread. */
  readonly elsewhere?: Elsewhere<Item> | null;
  /** Ends filling early: batches that are under way are still kept. */
  readonly signal?: AbortSignal | null;
}

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
 * When it fails, the batches before the one that failed are kept.
 */
export async function fillCaches<Item>(
  encoders: Iterable<CachedEncoder<Item>>,
  items: AsyncIterable<Item>,
  batchSize: number,
  options: FillOptions<Item> = {},
): Promise<FillReport> {
  return fillFromBlocks(encoders, inBlocks(items, batchSize), batchSize, options);
}

/** The same for items that come some at a time. */
export async function fillFromBlocks<Item>(
  encoders: Iterable<CachedEncoder<Item>>,
  blocks: AsyncIterable<ItemBlock<Item>>,
  batchSize: number,
  { onProgress = () => undefined, expected = null, elsewhere = null, signal = null }: FillOptions<Item> = {},
): Promise<FillReport> {
  const underWay: Promise<unknown>[] = [];
  const open = new Map([...encoders].map((encoder) => [encoder, new WaitingItems<Item>()]));
  const before = new Map([...open.keys()].map((encoder) => [encoder, encoder.misses]));
  const full: string[] = [];
  let read = 0;

  if (expected !== null) for (const encoder of open.keys()) await encoder.expect(expected);
  const compute = async (least: number): Promise<void> => {
    for (const [encoder, waiting] of open) {
      while (waiting.size >= least && signal?.aborted !== true) {
        const begun = await encoder.begin(waiting.take(batchSize), elsewhere, underWay.at(-1) ?? null);
        if (begun === null) {
          full.push(encoder.name);
          open.delete(encoder);
          break;
        }
        begun.kept.catch(() => undefined); // met when its turn comes
        underWay.push(begun.kept);
        while (underWay.length >= (elsewhere?.ahead ?? 1)) await underWay.shift();
      }
    }
  };

  for await (const { items, source, places } of blocks) {
    for (const [encoder, waiting] of open) {
      const keys = await encoder.meet(items, waiting, read);
      if (places !== undefined) source?.know(encoder.name, places, keys);
    }
    read += items.length;
    await compute(batchSize);
    onProgress(read);
    if (open.size === 0 || signal?.aborted === true) break;
  }
  await compute(1);
  for (const kept of underWay) await kept;
  let computed = 0;
  for (const [encoder, misses] of before) {
    computed += encoder.misses - misses;
    if (encoder.misses > misses) await encoder.save();
  }
  return { items: read, computed, full };
}

/** Items so many at a time. */
export async function* inBlocks<Item>(
  items: AsyncIterable<Item>,
  size: number,
): AsyncGenerator<ItemBlock<Item>, void, undefined> {
  let some: Item[] = [];
  for await (const item of items) {
    some.push(item);
    if (some.length < size) continue;
    yield { items: some };
    some = [];
  }
  if (some.length > 0) yield { items: some };
}
