import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { EngineError } from "../errors.js";

const loaded = createRequire(import.meta.url).cache;

/**
 * Makes sure that one version of tfjs-core is loaded. Copies of different versions share one global engine, yet disagree about
 * kernels and gradients, so that results go wrong quietly.
 *
 * @throws EngineError naming every copy.
 */
export function requireOneVersion(paths: readonly string[] = Object.keys(loaded)): void {
  const copies = new Map<string, string>();
  for (const path of paths) {
    const folder = /^(.*[\\/]@tensorflow[\\/]tfjs-core)[\\/]dist[\\/]/.exec(path)?.[1];
    if (folder !== undefined && !copies.has(folder)) copies.set(folder, versionOf(folder));
  }
  if (new Set(copies.values()).size <= 1) return;
  const list = [...copies].map(([folder, version]) => `${version} (${folder})`).join(" and ");
  throw new EngineError(
    `two versions of @tensorflow/tfjs-core are loaded: ${list}. Install one version only (npm ls @tensorflow/tfjs-core shows who ` +
      `asks for which) and import tfjs through "likewise/tf"`,
  );
}

function versionOf(folder: string): string {
  const { version } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as { readonly version: string };
  return version;
}
