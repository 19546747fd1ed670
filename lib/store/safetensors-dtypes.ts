import { FileFormatError } from "../errors.js";

/** Bytes of one number by dtype name, for every dtype that fits into float32 or int32. */
const SIZES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  U32: 4,
  I32: 4,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

/** Element types that can be read. F32 and I32 are written. */
export type Dtype = keyof typeof SIZES;

export function isDtype(value: unknown): value is Dtype {
  return typeof value === "string" && Object.hasOwn(SIZES, value);
}

export function itemSize(dtype: Dtype): number {
  return SIZES[dtype];
}

/**
 * Little-endian bytes as numbers: floating-point types become float32 (F64 is rounded), the others int32. `bytes` must be owned by
 * the caller and start at its buffer's beginning: F32 and I32 are not copied.
 *
 * @throws FileFormatError when a number does not fit into int32.
 */
export function toNumbers(
  bytes: Uint8Array<ArrayBuffer>,
  dtype: Dtype,
  name: string,
  file: string,
): Float32Array | Int32Array {
  const { buffer } = bytes;
  switch (dtype) {
    case "F32":
      return new Float32Array(buffer);
    case "I32":
      return new Int32Array(buffer);
    case "F64":
      return Float32Array.from(new Float64Array(buffer));
    case "F16":
      return Float32Array.from(new Uint16Array(buffer), halfToNumber);
    case "BF16":
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
    case "I64":
      return Int32Array.from(Array.from(new BigInt64Array(buffer), Number), inRange);
    case "U32":
      return Int32Array.from(new Uint32Array(buffer), inRange);
    case "I16":
      return Int32Array.from(new Int16Array(buffer));
    case "U16":
      return Int32Array.from(new Uint16Array(buffer));
    case "I8":
      return Int32Array.from(new Int8Array(buffer));
    case "U8":
    case "BOOL":
      return Int32Array.from(bytes);
    default:
      return dtype satisfies never;
  }

  function inRange(value: number): number {
    if (value === (value | 0)) return value;
    throw new FileFormatError(file, `tensor ${JSON.stringify(name)} has ${value}, which does not fit into int32`);
  }
}

/** IEEE 754 half precision. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}
