import { canonicalJson, type JsonObject } from "../json.js";
import { show } from "../show.js";

/** What of a configuration JSON would change or drop; one sentence for each. */
export function configurationProblems(config: unknown, path = "config"): string[] {
  if (config === null || typeof config === "boolean" || typeof config === "string") return [];
  if (typeof config === "number" && Number.isFinite(config)) return [];
  if (Array.isArray(config))
    return [...config.entries()].flatMap(([at, value]) => configurationProblems(value, `${path}[${at}]`));
  if (typeof config === "object" && [Object.prototype, null].includes(Object.getPrototypeOf(config) as object | null))
    return Object.entries(config).flatMap(([key, value]) => configurationProblems(value, `${path}.${key}`));
  return [
    `${path} is ${show(config)}, which JSON does not keep; only finite numbers, texts, booleans, null, arrays and plain objects come back`,
  ];
}

/** The configuration as it is read from a file. */
export function savedConfiguration(config: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(config)) as JsonObject;
}

/** That a configuration comes back as another; nothing when it does not. */
export function changedConfiguration(before: unknown, after: unknown): string[] {
  const [was, is] = [canonicalJson(before), canonicalJson(after)];
  return was === is ? [] : [`the configuration ${was} comes back as ${is}`];
}
