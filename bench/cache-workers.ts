/**
 * What worker threads are worth when a cache is filled: the same items in this thread and by two workers, in turn, with an encoder in
 * JavaScript, one on TensorFlow.js and one that has threads of its own. The fastest of five each, after one that is not counted; every
 * filling by workers starts its threads. Needs a machine with nothing else running. Run:
 * node --conditions=likewise-source --import tsx bench/cache-workers.ts [--json]
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Random, type FrozenEncoder } from "likewise";
import { GraphModelEncoder, NgramEncoder, OnnxEncoder, type PixelImage } from "likewise/encoders";
import { CacheConfig, cachedEncoders, fillCaches } from "../lib/cache/index.js";
import { EmbeddingWorkers } from "../lib/train/workers/embedding-workers.js";
import { report, type Row } from "./report.js";

const WORKERS = [0, 2];
const REPEATS = 5;
const rows: Row[] = [];

async function* stream<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  for (const item of items) yield await Promise.resolve(item);
}

async function fill<Item>(encoder: FrozenEncoder<Item>, items: readonly Item[], workers: number): Promise<number> {
  const config = new CacheConfig<Item>({ workers, batchSize: 64 });
  const cached = [...cachedEncoders<Item>(config, [["items", encoder]]).values()];
  const began = performance.now();
  {
    await using elsewhere = workers === 0 ? null : new EmbeddingWorkers<Item>(config as CacheConfig, cached);
    await fillCaches(cached, stream(items), config.batchSize, { elsewhere });
  }
  return (performance.now() - began) / 1000;
}

async function compare<Item>(name: string, encoder: FrozenEncoder<Item>, items: readonly Item[]): Promise<void> {
  const times = WORKERS.map((): number[] => []);
  for (let repeat = 0; repeat <= REPEATS; repeat += 1) {
    for (const [at, workers] of WORKERS.entries()) {
      const seconds = await fill(encoder, items, workers);
      if (repeat > 0) times[at]?.push(seconds);
    }
  }
  const alone = Math.min(...(times[0] ?? []));
  WORKERS.forEach((workers, at) => {
    const seconds = Math.min(...(times[at] ?? []));
    const perSecond = Math.round(items.length / seconds);
    rows.push({ encoder: name, items: items.length, workers, seconds, "items/s": perSecond, faster: alone / seconds });
  });
}

const random = new Random("cache workers");
const words = Array.from({ length: 2000 }, (_, i) => `word${(i * 7919) % 2000}`);
const text = (length: number): string => Array.from({ length }, () => words[random.integer(2000)]).join(" ");
const image = (): PixelImage => {
  const data = Uint8Array.from({ length: 96 * 96 * 3 }, () => random.integer(256));
  return { data, width: 96, height: 96, channels: 3 };
};

const long = Array.from({ length: 6000 }, () => text(300));
const ngrams = new NgramEncoder({ dimensions: 1024 });
await ngrams.fit(stream(long));
await compare("NgramEncoder, texts of 300 words", ngrams, long);

const shared = (name: string): string => fileURLToPath(new URL(`../../shared/data/encoders/${name}`, import.meta.url));
if (existsSync(shared("mobilenetv2-035-tfjs"))) {
  using network = await GraphModelEncoder.load(shared("mobilenetv2-035-tfjs"), { image: { range: [-1, 1] } });
  await compare("GraphModelEncoder, MobileNet v2 0.35", network, Array.from({ length: 200 }, image));
}
if (existsSync(shared("word2vec-sif-onnx"))) {
  const language = await OnnxEncoder.load(shared("word2vec-sif-onnx"));
  const short = Array.from({ length: 10000 }, () => text(30));
  await compare("OnnxEncoder, texts of 30 words", language, short);
}
report(rows);
