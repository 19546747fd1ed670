import { CacheConfig, cachedEncoders, fillCaches } from "../../../lib/cache/index.js";
import { EmbeddingWorkers } from "../../../lib/train/workers/embedding-workers.js";
import { stream } from "../../cache/fakes.js";
import { SlowEncoder } from "./own-encoders.js";

/** Fills a cache in the folder given with two workers, slowly, says how far it is, and must end by itself. */
const [folder = "", count = "0"] = process.argv.slice(2);

const items = Array.from({ length: Number(count) }, (_, i) => `item ${i}`);
const modelModule = new URL("own-encoders.ts", import.meta.url);
const config = new CacheConfig({ saveDir: folder, batchSize: 8, workers: 2, modelModule });
const caches = cachedEncoders<string>(config as CacheConfig<string>, [["text", new SlowEncoder(2)]], (text) =>
  console.log(`warning: ${text}`),
);
const cached = [...caches.values()];
const elsewhere = new EmbeddingWorkers(config, cached);
const { computed } = await fillCaches(cached, stream(items), 8, {
  elsewhere,
  onProgress: () => console.log(`so far ${cached[0]?.misses}`),
});
console.log(`computed ${computed}, loaded ${cached[0]?.loaded}`);
for (const cache of cached) await cache.close();
await elsewhere[Symbol.asyncDispose]();
