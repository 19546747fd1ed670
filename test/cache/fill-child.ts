import { CacheConfig, cachedEncoders, fillCaches } from "../../lib/cache/index.js";
import { LengthEncoder, stream } from "./fakes.js";

/** Fills a cache in the folder given, slowly, and says what it computed. */
const [folder = "", count = "0"] = process.argv.slice(2);

class SlowEncoder extends LengthEncoder {
  override async embed(items: readonly string[]): Promise<Float32Array> {
    await new Promise((resolve) => setTimeout(resolve, 2));
    return super.embed(items);
  }
}

const items = Array.from({ length: Number(count) }, (_, i) => `item ${i}`);
const config = new CacheConfig<string>({ saveDir: folder, batchSize: 16 });
const caches = cachedEncoders<string>(config, [["text", new SlowEncoder()]], (text) => console.log(`warning: ${text}`));
console.log("filling");
const { computed } = await fillCaches(caches.values(), stream(items), 16);
for (const cache of caches.values()) await cache.close();
console.log(`computed ${computed}`);
