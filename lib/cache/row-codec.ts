import type { CacheStorage } from "./storage.js";

/** Largest number that float16 holds. */
const LARGEST_HALF = 65504;

/** Turns a row of `size` numbers into `bytes` bytes and back. */
export interface RowCodec {
  readonly bytes: number;
  /** False for numbers that do not fit, which leaves `target` as it is or not. */
  encode(row: Float32Array, target: Buffer, offset: number): boolean;
  decode(source: Buffer, offset: number, row: Float32Array, at: number): void;
}

/** The codec of a storage for rows of so many numbers. */
export function rowCodec(storage: CacheStorage, size: number): RowCodec {
  switch (storage) {
    case "float32":
      return float32(size);
    case "float16":
      return float16(size);
    case "int8":
      return int8(size);
  }
}

function float32(size: number): RowCodec {
  const bytes = size * 4;
  return {
    bytes,
    encode(row, target, offset) {
      target.set(new Uint8Array(row.buffer, row.byteOffset, bytes), offset);
      return true;
    },
    decode(source, offset, row, at) {
      new Uint8Array(row.buffer, row.byteOffset + at * 4, bytes).set(source.subarray(offset, offset + bytes));
    },
  };
}

function float16(size: number): RowCodec {
  return {
    bytes: size * 2,
    encode(row, target, offset) {
      for (let i = 0; i < size; i += 1) {
        const value = row[i] as number;
        if (!(Math.abs(value) <= LARGEST_HALF)) return false;
        target.writeUInt16LE(halfOf(value), offset + 2 * i);
      }
      return true;
    },
    decode(source, offset, row, at) {
      for (let i = 0; i < size; i += 1) row[at + i] = numberOf(source.readUInt16LE(offset + 2 * i));
    },
  };
}

function int8(size: number): RowCodec {
  return {
    bytes: 4 + size,
    encode(row, target, offset) {
      let largest = 0;
      for (let i = 0; i < size; i += 1) largest = Math.max(largest, Math.abs(row[i] as number));
      if (!Number.isFinite(largest)) return false;
      const step = Math.fround(largest / 127);
      target.writeFloatLE(step, offset);
      for (let i = 0; i < size; i += 1) {
        const level = step === 0 ? 0 : Math.round((row[i] as number) / step);
        target.writeInt8(Math.max(-127, Math.min(127, level)), offset + 4 + i);
      }
      return true;
    },
    decode(source, offset, row, at) {
      const step = source.readFloatLE(offset);
      for (let i = 0; i < size; i += 1) row[at + i] = step * source.readInt8(offset + 4 + i);
    },
  };
}

/** IEEE 754 half precision, rounded to the nearest, halves to even. */
function halfOf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size < 2 ** -14) return sign | even(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  // log2 may be off by one at a power of two; the carry of rounding mends the upper side, this the lower.
  const exact = size < 2 ** exponent ? exponent - 1 : size >= 2 ** (exponent + 1) ? exponent + 1 : exponent;
  return sign | (((exact + 14) << 10) + even((size / 2 ** exact) * 1024));
}

function even(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

function numberOf(half: number): number {
  const sign = (half & 0x8000) === 0 ? 1 : -1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}
