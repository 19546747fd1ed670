import { canonicalJson, lostInJson, type JsonObject } from "../json.js";

/** What of a configuration JSON would change or drop; one sentence for each. */
export function configurationProblems(config: unknown): string[] {
  return lostInJson(config, "config").map(
    (lost) =>
      `${lost}, which JSON does not keep; only finite numbers, texts, booleans, null, arrays and plain objects come back`,
  );
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
