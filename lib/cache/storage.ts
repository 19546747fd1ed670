/**
 * How numbers lie in a stored cache. "float32": as they are. "float16": off by at most 1/2048 of each number (below 6.1e-5: by 3e-8), half
 * the room. "int8": off by at most 1/254 of the row's largest absolute number, a quarter of the room.
 */
export type CacheStorage = "float32" | "float16" | "int8";

/** Every way numbers can be stored. */
export const STORAGES: readonly CacheStorage[] = ["float32", "float16", "int8"];
