import { crc32 } from "node:zlib";

/** Bytes between two turns of the event loop: a few milliseconds of work. */
const AT_ONCE = 1 << 24;

/** "crc32:" and eight digits: what an accident changes in the bytes shows in it. No protection against intent. */
export async function checksumOf(pieces: Iterable<Uint8Array>): Promise<string> {
  let sum = 0;
  for (const piece of pieces) {
    for (let start = 0; start < piece.byteLength; start += AT_ONCE) {
      sum = crc32(piece.subarray(start, start + AT_ONCE), sum);
      if (piece.byteLength > AT_ONCE) await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return named(sum);
}

/** The same at once: for what is short, or in memory already. */
export function checksumNow(pieces: Iterable<Uint8Array>): string {
  let sum = 0;
  for (const piece of pieces) sum = crc32(piece, sum);
  return named(sum);
}

export function checksumOfText(text: string): string {
  return named(crc32(text));
}

function named(sum: number): string {
  return `crc32:${sum.toString(16).padStart(8, "0")}`;
}
