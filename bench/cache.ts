/**
 * What caches cost: filling with vectors of an encoder that does nothing, and reading batches from memory and from disk, beside a plain copy
 * of the same bytes. Run: node --conditions=likewise-source --import tsx bench/cache.ts [--in memory,disk] [--json]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FrozenEncoder, Random, TrainableModel, Trainer, type JsonObject } from "likewise";
import { GroupLoader } from "likewise/data";
import { DenseHead } from "likewise/heads";
import { OnlineContrastiveLoss } from "likewise/losses";
import { CacheConfig, cachedEncoders, fillFromBlocks, KeptItem, type CachedEncoder } from "../lib/cache/index.js";
import { LoadedItems } from "../lib/train/loaded-items.js";
import { median, option, report, type Row } from "./report.js";

const ITEMS = 100_000;
const SIZE = 384;
const BATCH = 256;
const REPEATS = 3;

const texts = Array.from({ length: ITEMS }, (_, i) => `a short sentence that is the item of number ${i}`);

/** Gives zeros but for one number, so that what is measured is the cache. */
class Trivial extends FrozenEncoder<string> {
  static readonly type = "Trivial";
  static from(): Trivial {
    return new Trivial();
  }
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

const loader = new GroupLoader(
  texts.map((item, i) => ({ item, group: i % 10 })),
  { balance: false },
);

class Model extends TrainableModel<"group", string> {
  constructor(readonly caches: CacheConfig<string>) {
    super();
  }
  override configureEncoders() {
    return new Trivial();
  }
  override configureHead(size: number) {
    return new DenseHead(size, { outputSize: 8 });
  }
  override configureLoss() {
    return new OnlineContrastiveLoss();
  }
  override configureCaches() {
    return this.caches;
  }
}

/** Seconds from the first to the last that a run says of its filling. */
async function fillInTraining(batchSize: number): Promise<{ wall: number; processor: number }> {
  const trainer = new Trainer({ progress: false, maxSteps: 1 });
  let used = process.cpuUsage();
  const time = { wall: 0, processor: 0 };
  trainer.events$.subscribe((event) => {
    if (event.type !== "caching") used = process.cpuUsage();
    else if (event.finished) {
      const { user, system } = process.cpuUsage(used);
      Object.assign(time, { wall: event.seconds, processor: (user + system) / 1e6 });
    }
  });
  await trainer.fit(new Model(new CacheConfig<string>({ batchSize })), { train: loader });
  return time;
}

/** Fills a cache as a trainer does. */
async function fill(cache: CachedEncoder<string>, batchSize: number): Promise<void> {
  const loaded = new LoadedItems(loader, { keeps: true, numbers: false });
  await fillFromBlocks([cache], loaded.blocks(batchSize), batchSize, { expected: loaded.itemCount });
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
  await fillFromBlocks([cache], blocks, 1024, { expected: loaded.itemCount });
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

const disk = option("in", ["memory", "disk"]).includes("disk");
const rows: Row[] = [];
const add = (task: string, batch: number, times: readonly { wall: number; processor: number }[], extra: Row): void => {
  const seconds = median(times.map(({ wall }) => wall));
  const processor = median(times.map((time) => time.processor));
  const first = times[0]?.wall ?? NaN;
  rows.push({ task, batch, first, seconds, processor, "rows/s": Math.round(ITEMS / seconds), ...extra });
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

/** @param back gives arrays back, as training does. */
async function reading(
  task: string,
  cache: CachedEncoder<string>,
  items: readonly string[],
  back = false,
): Promise<void> {
  const times = [];
  for (let repeat = 0; repeat <= REPEATS; repeat += 1) {
    const time = await timed(async () => {
      for (let start = 0; start < ITEMS; start += BATCH) {
        const vectors = await cache.rows(items.slice(start, start + BATCH));
        if (back) cache.recycle(vectors);
      }
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
  for (const batch of [32, 1024]) {
    const times = [];
    for (let repeat = 0; repeat < REPEATS; repeat += 1) times.push(await fillInTraining(batch));
    add("fill in a run", batch, times, {});
  }
  for (const batch of [32, 1024]) await filling("fill memory", batch, () => ({}));
  if (disk) await filling("fill disk", 1024, () => ({ saveDir: folder(), maxBytes: 1e6 }));

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

  const order = new Random("shuffled").shuffle(Array.from({ length: ITEMS }, (_, row) => row));
  const copies = [];
  const same = new Float32Array(BATCH * SIZE);
  for (let repeat = 0; repeat <= REPEATS; repeat += 1) {
    const time = await timed(() => {
      for (let at = 0; at < ITEMS; at += 1) {
        const start = (order[at] as number) * SIZE;
        same.set(source.subarray(start, start + SIZE), (at % BATCH) * SIZE);
      }
    });
    if (repeat > 0) copies.push(time);
  }
  add("memcpy of rows, shuffled", 1, copies, {});

  const inMemory = open({});
  const kept = await fillAndKeep(inMemory);
  await reading("read memory, by place", inMemory, kept);
  await reading("the same, arrays given back", inMemory, kept, true);
  const shuffled = new Random("shuffled").shuffle([...kept]);
  await reading("read memory, shuffled", inMemory, shuffled);
  await reading("the same, arrays given back", inMemory, shuffled, true);
  await reading("read memory, by text", inMemory, texts);
  for (const storage of disk ? (["float32", "float16", "int8"] as const) : []) {
    const onDisk = open({ saveDir: folder(), maxBytes: 1e6, storage });
    await reading(`read disk, ${storage}`, onDisk, await fillAndKeep(onDisk));
    await onDisk.close();
  }
} finally {
  for (const path of folders) rmSync(path, { recursive: true, force: true });
}
report(rows);
