/**
 * What caches cost: filling with vectors of an encoder that does nothing, and reading batches from memory and from disk, beside a plain copy
 * of the same bytes. Run: node --conditions=source --import tsx bench/cache.ts [--json]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FrozenEncoder, Random, type JsonObject } from "likewise";
import { LabelLoader } from "likewise/data";
import { CacheConfig, cachedEncoders, fillFromBlocks, KeptItem, type CachedEncoder } from "../lib/cache/index.js";
import { LoadedItems } from "../lib/train/loaded-items.js";
import { median, report, type Row } from "./report.js";

const ITEMS = 100_000;
const SIZE = 384;
const BATCH = 256;
const REPEATS = 3;

const texts = Array.from({ length: ITEMS }, (_, i) => `a short sentence that is the item of number ${i}`);

/** Gives zeros but for one number, so that what is measured is the cache. */
class Trivial extends FrozenEncoder<string> {
  static readonly type = "Trivial";
  readonly embeddingSize = SIZE;
  get config(): JsonObject {
    return {};
  }
  embed(items: readonly string[]): Promise<Float32Array> {
    const rows = new Float32Array(items.length * SIZE);
    items.forEach((item, i) => (rows[i * SIZE] = item.length));
    return Promise.resolve(rows);
  }
  fingerprint(): string {
    return "trivial";
  }
}

const loader = new LabelLoader(texts.map((item) => ({ item, label: 0 })));

/** Fills a cache as a trainer does. */
async function fill(cache: CachedEncoder<string>, batchSize: number): Promise<void> {
  const loaded = new LoadedItems(loader, { keeps: true, numbers: false });
  await fillFromBlocks([cache], loaded.blocks(batchSize), batchSize);
}

/** The same; gives what stands for the items in training. */
async function fillAndKeep(cache: CachedEncoder<string>): Promise<readonly string[]> {
  const loaded = new LoadedItems(loader, { keeps: true, numbers: false });
  const kept: KeptItem<string>[] = [];
  const blocks = (async function* () {
    for await (const block of loaded.blocks(1024)) {
      const { source, places = [] } = block;
      if (source !== undefined) kept.push(...places.map((place) => new KeptItem(source, place)));
      yield block;
    }
  })();
  await fillFromBlocks([cache], blocks, 1024);
  return kept as readonly unknown[] as readonly string[];
}

function open(given: Partial<CacheConfig<string>>): CachedEncoder<string> {
  return cachedEncoders<string>(new CacheConfig<string>(given), [["text", new Trivial()]]).get("text")!;
}

/** Seconds of wall and of processor. */
async function timed(work: () => Promise<void> | void): Promise<{ wall: number; processor: number }> {
  const [began, used] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(used);
  return { wall: (performance.now() - began) / 1000, processor: (user + system) / 1e6 };
}

const rows: Row[] = [];
const add = (task: string, batch: number, times: readonly { wall: number; processor: number }[], extra: Row): void => {
  const seconds = median(times.map(({ wall }) => wall));
  const processor = median(times.map((time) => time.processor));
  rows.push({ task, batch, seconds, processor, "rows/s": Math.round(ITEMS / seconds), ...extra });
};
const memory = (): number => {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
};

async function filling(task: string, batchSize: number, given: () => Partial<CacheConfig<string>>): Promise<void> {
  const times = [];
  let grown = 0;
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const before = memory();
    const cache = open({ batchSize, ...given() });
    times.push(await timed(() => fill(cache, batchSize)));
    if (repeat === 0) grown = memory() - before;
    await cache.close();
  }
  add(task, batchSize, times, { "grown MB": globalThis.gc === undefined ? null : grown });
}

async function reading(task: string, cache: CachedEncoder<string>, items: readonly string[]): Promise<void> {
  const times = [];
  for (let repeat = 0; repeat <= REPEATS; repeat += 1) {
    const time = await timed(async () => {
      for (let start = 0; start < ITEMS; start += BATCH) await cache.rows(items.slice(start, start + BATCH));
    });
    if (repeat > 0) times.push(time);
  }
  add(task, BATCH, times, {});
}

const folders: string[] = [];
const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), "likewise-bench-"));
  folders.push(path);
  return path;
};
try {
  for (const batch of [32, 1024]) await filling("fill memory", batch, () => ({}));
  await filling("fill disk", 1024, () => ({ saveDir: folder(), maxBytes: 1e6 }));

  const source = new Float32Array(ITEMS * SIZE).fill(1);
  for (const fresh of [true, false]) {
    const copies = [];
    const same = new Float32Array(BATCH * SIZE);
    for (let repeat = 0; repeat <= REPEATS; repeat += 1) {
      const time = await timed(() => {
        for (let start = 0; start < ITEMS; start += BATCH) {
          const some = source.subarray(start * SIZE, (start + BATCH) * SIZE);
          (fresh ? new Float32Array(some.length) : same).set(some);
        }
      });
      if (repeat > 0) copies.push(time);
    }
    add(fresh ? "memcpy into new arrays" : "memcpy into one array", BATCH, copies, {});
  }

  const inMemory = open({});
  const kept = await fillAndKeep(inMemory);
  await reading("read memory, by place", inMemory, kept);
  await reading("read memory, shuffled", inMemory, new Random("shuffled").shuffle([...kept]));
  await reading("read memory, by text", inMemory, texts);
  for (const storage of ["float32", "float16", "int8"] as const) {
    const onDisk = open({ saveDir: folder(), maxBytes: 1e6, storage });
    await reading(`read disk, ${storage}`, onDisk, await fillAndKeep(onDisk));
    await onDisk.close();
  }
} finally {
  for (const path of folders) rmSync(path, { recursive: true, force: true });
}
report(rows);
