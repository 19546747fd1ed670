import type { Encoder } from "../contracts/encoder.js";
import { keptOn, keyExtractorOf, type CacheConfig } from "./cache-config.js";
import { CachedEncoder } from "./cached-encoder.js";
import { RowCache } from "./row-cache.js";

/** A cached encoder for each frozen encoder that a configuration caches; they share its memory. */
export function cachedEncoders<Item>(
  config: CacheConfig<Item>,
  encoders: Iterable<readonly [name: string, encoder: Encoder<Item>]>,
  warn?: (message: string) => void,
): ReadonlyMap<string, CachedEncoder<Item>> {
  const { batchSize, maxBytes, storage } = config;
  const rows = new RowCache(maxBytes);
  const cached = new Map<string, CachedEncoder<Item>>();
  for (const [name, encoder] of encoders) {
    const place = keptOn(config, name);
    if (encoder.trainable || place === "none") continue;
    const saveDir = place === "disk" ? config.saveDir : null;
    const keyExtractor = keyExtractorOf(config, name);
    cached.set(
      name,
      new CachedEncoder({ name, encoder, rows, batchSize, keyExtractor, saveDir, storage, ...(warn && { warn }) }),
    );
  }
  return cached;
}
