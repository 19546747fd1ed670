import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Checksum of the names and bytes of all files in a folder and its folders; null when there is no such folder. */
export async function folderChecksum(folder: string): Promise<string | null> {
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory() !== true) return null;
  const names = (await readdir(folder, { recursive: true })).map((name) => name.replaceAll("\\", "/")).sort();
  const hash = createHash("sha256");
  for (const name of names) {
    const path = join(folder, name);
    const { isFile, size } = await stat(path).then((one) => ({ isFile: one.isFile(), size: one.size }));
    if (!isFile) continue;
    hash.update(JSON.stringify([name, size]));
    for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) hash.update(chunk);
  }
  return `sha256:${hash.digest("base64url")}`;
}
