import { readSync, writeSync } from "node:fs";

/** Bytes read at a time. */
const CHUNK = 1 << 20;

/** Where records of one width lie in a file. */
export interface Records {
  readonly file: number;
  /** Byte at which record 0 begins. */
  readonly start: number;
  readonly width: number;
}

/**
 * Calls `visit` with each record from number `from` to before `until`, in chunks of bounded size, as long as it returns true.
 * @returns the number of the first record that was not accepted or is not there; `until` when all were.
 */
export function scanRecords(
  { file, start, width }: Records,
  from: number,
  until: number,
  visit: (chunk: Buffer, offset: number, record: number) => boolean,
): number {
  const perChunk = Math.max(1, Math.floor(CHUNK / width));
  const chunk = Buffer.allocUnsafe(Math.min(perChunk, Math.max(1, until - from)) * width);
  for (let record = from; record < until;) {
    const wanted = Math.min(perChunk, until - record);
    const whole = Math.floor(readSync(file, chunk, 0, wanted * width, start + record * width) / width);
    for (let i = 0; i < whole; i += 1) if (!visit(chunk, i * width, record + i)) return record + i;
    record += whole;
    if (whole < wanted) return record;
  }
  return until;
}

/** Writes every byte at the end of a file opened for appending. */
export function writeWhole(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
}
