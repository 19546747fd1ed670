export { CacheConfig, checkCacheConfig, type CacheType, type KeyExtractor } from "./cache-config.js";
export { cachedEncoders, CachedEncoder, type CachedEncoderOptions } from "./cached-encoder.js";
export { checkedRows } from "./checked-rows.js";
export { fillCaches, type FillReport } from "./fill.js";
export { itemKey } from "./item-key.js";
export { RowCache } from "./row-cache.js";
