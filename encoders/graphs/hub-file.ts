import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";

/** Where downloaded files lie, and which model they are of. */
export interface HubModel {
  /** Folders that are searched, in this order. */
  readonly folders: readonly (string | null)[];
  readonly name: string;
  readonly revision: string;
  /** Name of the file with the network, with `_quantized` and the like. */
  readonly network: string;
}

/**
 * Checksum of the files that make up a downloaded model: its configuration, its tokenizer, its network and the weights beside that. Null
 * when they are not kept in files.
 */
export async function hubChecksum({ folders, name, revision, network }: HubModel): Promise<string | null> {
  // @huggingface/transformers keeps the main branch without the name of the revision.
  const places = folders
    .filter((folder) => folder !== null)
    .flatMap((folder) => [revision === "main" ? join(folder, name) : join(folder, name, revision)]);
  const find = (file: string): string | undefined => places.map((place) => join(place, file)).find(existsSync);
  if (find("config.json") === undefined || find(network) === undefined) return null;
  const hash = createHash("sha256");
  for (const file of ["config.json", "tokenizer.json", "tokenizer_config.json", network, `${network}_data`]) {
    const path = find(file);
    if (path === undefined) continue;
    hash.update(JSON.stringify(file));
    for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) hash.update(chunk);
  }
  return `sha256:${hash.digest("base64url")}`;
}
