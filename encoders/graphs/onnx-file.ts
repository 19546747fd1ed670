import { readFile } from "node:fs/promises";
import { DataError } from "../../lib/errors.js";

/** @throws DataError when there is no such file. */
export async function readOnnx(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new DataError(`cannot be read: ${(cause as Error).message}`, path, undefined, { cause });
  }
}
