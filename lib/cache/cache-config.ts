import { IsIn, IsInt, IsObject, IsOptional, Min, ValidateBy } from "../validation.js";
import { settle } from "../config.js";
import type { Encoder } from "../contracts/encoder.js";
import { IsPath } from "../contracts/path.js";
import { ConfigError } from "../errors.js";
import { STORAGES, type CacheStorage } from "./storage.js";

/**
 * Where vectors are kept: "memory", "disk" (in `saveDir`, with those used last in memory too), nowhere ("none"), or where it suits ("auto":
 * on disk when there is a `saveDir`, else in memory).
 */
export type CacheType = "auto" | "memory" | "disk" | "none";

/** Names an item: items with equal names have equal vectors. */
export type KeyExtractor<in Item> = (item: Item) => string | number;

const TYPES: readonly CacheType[] = ["auto", "memory", "disk", "none"];

/** Keeps the vectors of frozen encoders, so that each item is encoded once, not once an epoch. Trainable encoders are left alone. */
export class CacheConfig<in Item = never> {
  /** For every frozen encoder that `mapping` does not name. */
  @IsIn(TYPES) readonly type: CacheType = "auto";
  /** Encoder name -> type, where it differs. */
  @IsObject()
  @ValidateBy({
    name: "cacheTypes",
    validator: {
      validate: (value) => isRecord(value) && Object.values(value).every((type) => TYPES.includes(type as CacheType)),
      defaultMessage: () => `every encoder must be mapped to one of ${TYPES.join(", ")}`,
    },
  })
  readonly mapping: Readonly<Record<string, CacheType>> = {};
  /** Names items instead of hashing their content: one function, or one an encoder. */
  @IsOptional()
  @ValidateBy({
    name: "keyExtractors",
    validator: {
      validate: (value) =>
        typeof value === "function" ||
        (isRecord(value) && Object.values(value).every((each) => typeof each === "function")),
      defaultMessage: () =>
        "keyExtractors must be a function of an item, or a record of such functions by encoder name",
    },
  })
  readonly keyExtractors: KeyExtractor<Item> | Readonly<Record<string, KeyExtractor<Item>>> | null = null;
  /** Memory for the vectors of all encoders together; the vector not used for longest makes room and is computed again when needed. */
  @IsInt() @Min(1) readonly maxBytes: number = 1024 ** 3;
  /** Items of a stream that are remembered by their places (some 40 bytes each), so that epochs need not read it; of a longer one, none are. */
  @IsInt() @Min(0) readonly maxStreamItems: number = 10_000_000;
  /** Items given to an encoder at a time. */
  @IsInt() @Min(1) readonly batchSize: number = 256;
  /** Folder in which vectors are kept from run to run; they are found again by the encoder's fingerprint and the item's key. */
  @IsOptional() @IsPath() readonly saveDir: string | null = null;
  /** How numbers lie in `saveDir`: "float32", "float16" (off by 1/2048) or "int8" (off by 1/254 of the row's largest). The run reads the same. */
  @IsIn(STORAGES) readonly storage: CacheStorage = "float32";
  /** Threads in which encoders compute while the caches are filled; 0: in this one. Pays off for encoders that are slow and use one core. */
  @IsInt() @Min(0) readonly workers: number = 0;
  /**
   * For workers: the module whose exports are your own encoder classes, such as `new URL("./encoders.js", import.meta.url)` or a path from the
   * working directory. Every worker imports it, so it must do nothing else.
   */
  @IsOptional()
  @ValidateBy({
    name: "modelModule",
    validator: {
      validate: (value) => value instanceof URL || (typeof value === "string" && value !== ""),
      defaultMessage: () => "modelModule must be a URL or the path of a module",
    },
  })
  readonly modelModule: URL | string | null = null;

  constructor(given: Partial<CacheConfig<Item>> = {}) {
    settle<CacheConfig<Item>>(this, given);
    const kept = [this.type, ...Object.values(this.mapping)];
    if (this.saveDir === null && kept.includes("disk"))
      throw new ConfigError("CacheConfig", ['type: "disk" needs a saveDir, the folder in which vectors are kept']);
    if (this.saveDir === null && this.storage !== "float32")
      throw new ConfigError("CacheConfig", [
        `storage: "${this.storage}" is how numbers lie in saveDir, and there is none; give a saveDir or leave storage out`,
      ]);
    if (this.saveDir !== null && !kept.includes("auto") && !kept.includes("disk"))
      throw new ConfigError("CacheConfig", [
        `saveDir: nothing would be kept there, for type is "${this.type}"; use "auto" or "disk"`,
      ]);
  }
}

/** Where vectors of this frozen encoder are kept. */
export function keptOn({ type, mapping, saveDir }: CacheConfig, name: string): "memory" | "disk" | "none" {
  const chosen = mapping[name] ?? type;
  if (chosen !== "auto") return chosen;
  return saveDir === null ? "memory" : "disk";
}

/** How items are named for this encoder; null: by their content. */
export function keyExtractorOf<Item>({ keyExtractors }: CacheConfig<Item>, name: string): KeyExtractor<Item> | null {
  return (typeof keyExtractors === "function" ? keyExtractors : keyExtractors?.[name]) ?? null;
}

/** Everything in a configuration that does not fit the encoders of a model. */
export function checkCacheConfig(config: CacheConfig, encoders: Readonly<Record<string, Encoder<never>>>): string[] {
  const { mapping, keyExtractors } = config;
  const problems: string[] = [];
  const names = Object.keys(encoders);
  const unknown = (option: string, name: string): void => {
    problems.push(
      `configureCaches: ${option} names encoder "${name}", which the model does not have; it has ${names.join(", ")}`,
    );
  };
  for (const [name, type] of Object.entries(mapping)) {
    const encoder = encoders[name];
    if (encoder === undefined) unknown("mapping", name);
    else if (encoder.trainable && type !== "none") {
      problems.push(
        `configureCaches: encoder "${name}" (${encoder.type}) is trainable, so its vectors change with every step; leave it out of ` +
          `mapping, or make it frozen`,
      );
    }
  }
  if (keyExtractors !== null && typeof keyExtractors !== "function") {
    for (const name of Object.keys(keyExtractors)) if (encoders[name] === undefined) unknown("keyExtractors", name);
  }
  return problems;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
