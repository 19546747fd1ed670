import { maskedCrc32c } from "./crc32c.js";

/** What an event says besides its time. */
export type EventContent =
  | { readonly fileVersion: string }
  | { readonly step: number; readonly scalars: Readonly<Record<string, number>> }
  /** Readers forget everything from this step on that was written before. */
  | { readonly restartAt: number };

/**
 * An event of TensorBoard in the framing of TFRecord files: length and data, each followed by its checksum.
 *
 * Formats: tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto, tensorflow/core/lib/io/record_writer.h
 *
 * @param wallTime seconds since 1970
 */
export function eventRecord(wallTime: number, content: EventContent): Uint8Array {
  const data = event(wallTime, content);
  const record = Buffer.alloc(data.length + 16);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8);
  data.copy(record, 12);
  record.writeUInt32LE(maskedCrc32c(data), 12 + data.length);
  return record;
}

function event(wallTime: number, content: EventContent): Buffer {
  const time = Buffer.alloc(9);
  time[0] = tag(1, FIXED_64);
  time.writeDoubleLE(wallTime, 1);
  if ("fileVersion" in content) return Buffer.concat([time, bytes(3, Buffer.from(content.fileVersion))]);
  if ("restartAt" in content) return Buffer.concat([time, integer(2, content.restartAt), bytes(7, integer(1, 1))]);
  const values = Object.entries(content.scalars).map(([name, value]) =>
    bytes(1, Buffer.concat([bytes(1, Buffer.from(name)), float(2, value)])),
  );
  return Buffer.concat([time, integer(2, content.step), bytes(5, Buffer.concat(values))]);
}

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** All field numbers here are below 16, so that a tag is one byte. */
function tag(field: number, wireType: number): number {
  return (field << 3) | wireType;
}

function varint(value: number): Buffer {
  const found: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) found.push((rest % 128) | 128);
  return Buffer.from([...found, rest]);
}

function integer(field: number, value: number): Buffer {
  return Buffer.concat([Buffer.of(tag(field, VARINT)), varint(value)]);
}

function bytes(field: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.of(tag(field, LENGTH_DELIMITED)), varint(value.length), value]);
}

function float(field: number, value: number): Buffer {
  const encoded = Buffer.alloc(5);
  encoded[0] = tag(field, FIXED_32);
  encoded.writeFloatLE(value, 1);
  return encoded;
}
