import { createReadStream } from "node:fs";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { DataError } from "../../lib/errors.js";

const CHUNK_BYTES = 256 * 1024;

/**
 * The text of a UTF-8 file, a piece at a time, without byte order mark; `.gz` files are unpacked. The file is closed when the
 * consumer stops early.
 *
 * @throws DataError when the file cannot be read or is not UTF-8.
 */
export async function* readText(path: string): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const bytes of openBytes(path)) {
      yield decode(path, () => decoder.decode(bytes as Uint8Array, { stream: true }));
    }
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`cannot be read: ${(error as Error).message}`, path, undefined, { cause: error });
  }
  yield decode(path, () => decoder.decode());
}

function openBytes(path: string): Readable {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  // Failures arrive where the last stream is read; the callback only has to exist.
  return path.endsWith(".gz") ? pipeline(file, createGunzip(), () => undefined) : file;
}

function decode(path: string, read: () => string): string {
  try {
    return read();
  } catch (error) {
    throw new DataError("is not UTF-8 text; convert it first", path, undefined, { cause: error });
  }
}
