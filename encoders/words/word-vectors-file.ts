import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { DataError, FileFormatError } from "../../lib/errors.js";
import { readBinaryVectors } from "./binary-vectors.js";
import { readTextVectors } from "./text-vectors.js";
import type { WordSelection, WordTable } from "./word-table.js";

/** How a file of word vectors is written. */
export type WordVectorFormat = "text" | "binary";

/** A file of word vectors as it was read. */
export interface WordVectorFile {
  readonly table: WordTable;
  /** Of all bytes of the file. */
  readonly checksum: string;
}

/**
 * Reads vectors of words piece by piece.
 * @throws DataError or FileFormatError for a file that is absent, broken or cut short.
 */
export async function readWordVectors(
  file: string,
  format: WordVectorFormat,
  selection: WordSelection,
): Promise<WordVectorFile> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new DataError(`cannot be read: ${(cause as Error).message}`, file, undefined, { cause });
  });
  if (!found.isFile()) throw new FileFormatError(file, "is not a file");
  const hash = createHash("sha256");
  const chunks = hashed(createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Uint8Array>, hash);
  // The readers may stop early; the checksum is of the whole file.
  const shared = { [Symbol.asyncIterator]: () => ({ next: () => chunks.next() }) };
  try {
    const table =
      format === "binary"
        ? await readBinaryVectors(shared, file, found.size, selection)
        : await readTextVectors(shared, file, selection);
    while ((await chunks.next()).done !== true);
    return { table, checksum: `sha256:${hash.digest("base64url")}` };
  } finally {
    await chunks.return(undefined);
  }
}

async function* hashed(
  chunks: AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}
