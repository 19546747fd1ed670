import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";

/** Bytes of an IDX file, as MNIST and Omniglot come: rows of equal length; a file without dimensions beyond the first has rows of 1. */
export async function readIdx(path: string): Promise<Uint8Array[]> {
  const bytes = gunzipSync(await readFile(path));
  const dimensions = Array.from({ length: bytes[3] ?? 0 }, (_, at) => bytes.readUInt32BE(4 + 4 * at));
  const [rows = 0, ...rest] = dimensions;
  const size = rest.reduce((product, length) => product * length, 1);
  // An element of type 8 is a byte, of type 0x0B two.
  const width = bytes[2] === 0x0b ? 2 : 1;
  const start = 4 + 4 * dimensions.length;
  const low = bytes.subarray(start).filter((_, at) => at % width === width - 1);
  return Array.from({ length: rows }, (_, row) => low.subarray(row * size, (row + 1) * size));
}
