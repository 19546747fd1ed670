import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { CacheConfig } from "./cache-config.js";

/** Where workers import the user's classes from; null: from nowhere. */
export function modelModuleUrl({ modelModule }: CacheConfig): string | null {
  if (modelModule === null) return null;
  if (modelModule instanceof URL) return modelModule.href;
  // One letter and a colon is a drive.
  return /^[a-z][a-z\d+.-]+:/iu.test(modelModule) ? modelModule : pathToFileURL(resolve(modelModule)).href;
}
