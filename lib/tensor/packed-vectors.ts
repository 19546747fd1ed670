import { ConfigError, ShapeError } from "../errors.js";
import type { HostMatrix } from "./host.js";

/** How numbers are packed: a byte each, with and without a sign, or a bit each, eight in a byte with and without a sign. */
export type PackedPrecision = "int8" | "uint8" | "binary" | "ubinary";

/** Smallest and largest number of each column. */
export interface ColumnRanges {
  readonly minima: Float32Array;
  readonly maxima: Float32Array;
}

/** Vectors in a quarter or a thirty-second of their memory. */
export interface PackedVectors<P extends PackedPrecision = PackedPrecision> {
  readonly precision: P;
  /** The rows one after the other: `Int8Array` for "int8" and "binary", `Uint8Array` for the others. */
  readonly data: P extends "int8" | "binary" ? Int8Array : Uint8Array;
  readonly rows: number;
  /** Bytes of a row. */
  readonly size: number;
  /** Numbers of a row before they were packed. */
  readonly dimensions: number;
  /** What the bytes stand for; null for bits. To be given again for vectors that are compared with these. */
  readonly ranges: ColumnRanges | null;
}

/** Smallest and largest number of each column; of no rows, 0. */
export function columnRanges({ data, rows, size }: HostMatrix): ColumnRanges {
  const minima = new Float32Array(size).fill(rows === 0 ? 0 : Infinity);
  const maxima = new Float32Array(size).fill(rows === 0 ? 0 : -Infinity);
  for (let at = 0; at < rows * size; at += 1) {
    const column = at % size;
    minima[column] = Math.min(minima[column]!, data[at]!);
    maxima[column] = Math.max(maxima[column]!, data[at]!);
  }
  return { minima, maxima };
}

/**
 * Packs vectors as search engines take them:
 * - "uint8": each number as the nearest of 256 steps from the smallest to the largest of its column, `round(255 (x - min) / (max - min))`;
 *   numbers outside of given `ranges` become the nearest end;
 * - "int8": the same less 128;
 * - "ubinary": a bit for each number, 1 above 0, the first in the highest bit of the first byte; what is left of the last byte is 0;
 * - "binary": the same bytes less 128.
 *
 * @param ranges of earlier vectors that these are compared with. Default: those of these vectors, of which two must differ.
 * @throws ShapeError for ranges of another width, ConfigError when no column has a range: one vector alone, or equal ones.
 */
export function packVectors<P extends PackedPrecision>(
  matrix: HostMatrix,
  precision: P,
  ranges?: ColumnRanges,
): PackedVectors<P> {
  const signed = precision === "int8" || precision === "binary";
  const { rows, size: dimensions } = matrix;
  const byBits = precision === "binary" || precision === "ubinary";
  const used = byBits ? null : (ranges ?? columnRanges(matrix));
  if (used !== null && (used.minima.length !== dimensions || used.maxima.length !== dimensions)) {
    throw new ShapeError("ranges", `smallest and largest of ${dimensions} columns`, [
      used.minima.length,
      used.maxima.length,
    ]);
  }
  if (used !== null && rows > 0 && used.minima.every((low, column) => low === used.maxima[column])) {
    throw new ConfigError(`precision "${precision}"`, [
      `ranges: every column has one number alone in ${ranges === undefined ? `these vectors (${rows})` : "them"}, so that all bytes would be ` +
        `equal; give the ranges of the vectors that these are compared with: \`const { ranges } = ` +
        `await model.encode(corpus, { precision: "${precision}" })\``,
    ]);
  }
  const bytes = used === null ? toBits(matrix) : toSteps(matrix, used);
  const data = signed ? Int8Array.from(bytes, (byte) => byte - 128) : bytes;
  return {
    precision,
    // The conditional type says the same as `signed`.
    data: data as PackedVectors<P>["data"],
    rows,
    size: rows === 0 ? (byBits ? Math.ceil(dimensions / 8) : dimensions) : data.length / rows,
    dimensions,
    ranges: used,
  };
}

/** Vectors as numbers again, off by at most half a step; of bits 1 and -1. */
export function unpackVectors({ precision, data, rows, size, dimensions, ranges }: PackedVectors): HostMatrix {
  const offset = precision === "int8" || precision === "binary" ? 128 : 0;
  const numbers = new Float32Array(rows * dimensions);
  for (let at = 0; at < numbers.length; at += 1) {
    const [row, column] = [Math.floor(at / dimensions), at % dimensions];
    if (ranges === null) {
      const byte = data[row * size + (column >> 3)]! + offset;
      numbers[at] = (byte >> (7 - (column & 7))) & 1 ? 1 : -1;
    } else {
      const [low, high] = [ranges.minima[column]!, ranges.maxima[column]!];
      numbers[at] = low + ((data[at]! + offset) / 255) * (high - low);
    }
  }
  return { data: numbers, rows, size: dimensions };
}

function toSteps({ data, size }: HostMatrix, { minima, maxima }: ColumnRanges): Uint8Array {
  return Uint8Array.from(data, (value, at) => {
    const low = minima[at % size]!;
    const width = maxima[at % size]! - low;
    return width > 0 ? Math.max(0, Math.min(255, Math.round((255 * (value - low)) / width))) : 0;
  });
}

function toBits({ data, rows, size }: HostMatrix): Uint8Array {
  const width = Math.ceil(size / 8);
  const bytes = new Uint8Array(rows * width);
  for (let row = 0; row < rows; row += 1) {
    for (let at = 0; at < size; at += 1) {
      if (data[row * size + at]! > 0) bytes[row * width + (at >> 3)]! |= 128 >> (at & 7);
    }
  }
  return bytes;
}
