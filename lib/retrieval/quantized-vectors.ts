import { oneOf, refuse, unknownOptions, wholeNumber } from "../contracts/options.js";
import { Cosine } from "../distances/index.js";
import type { HostMatrix } from "../tensor/host.js";
import { findNearest, type Nearest } from "../tensor/nearest-top.js";
import { unitMatrix } from "../tensor/unit-matrix.js";
import { nearestByBits, toBits, type BitRows } from "./bit-rows.js";
import { mergeNearest } from "./merge-nearest.js";
import { toMatrix, type Vectors } from "./vectors.js";

/** How vectors are stored: a byte a number, or a bit. */
export type Precision = "int8" | "binary";

/** Options of `QuantizedVectors`. */
export interface QuantizeOptions {
  /** "int8" (default): a quarter of the memory; "binary": a thirty-second. */
  readonly precision?: Precision;
}

/** Options of a search among quantized vectors. */
export interface QuantizedSearchOptions {
  /** Neighbours for each query. Default 10. */
  readonly k?: number;
  /**
   * For "binary": how many times `k` candidates are taken by their bits and then ordered by the product of the query's numbers with them.
   * Default 4.
   */
  readonly oversample?: number;
}

/** How much of the exact result is kept. */
export interface QuantizationReport {
  /** Share of the exact `k` nearest that is found. */
  readonly recall: number;
  /** Queries asked. */
  readonly queries: number;
  /** Memory of the vectors, and of the same as float32. */
  readonly bytes: number;
  readonly floatBytes: number;
}

/** Rows that are made to numbers again at a time. */
const BLOCK = 4096;

/**
 * Vectors of a corpus in a quarter or a thirty-second of their memory, searched by cosine. Rows are scaled to length 1 first. "int8"
 * stores each number in 255 steps between the largest of its column, so that it is off by at most half a step; "binary" its sign.
 * `compare` measures what is lost on your own queries: look before you ship it.
 */
export class QuantizedVectors {
  readonly precision: Precision;
  readonly rows: number;
  readonly size: number;
  readonly #bytes: Int8Array | null;
  readonly #scales: Float32Array;
  readonly #bits: BitRows | null;

  /** @throws ConfigError, ShapeError, DataError for vectors that are not finite. */
  constructor(vectors: Vectors, options: QuantizeOptions = {}) {
    const { precision = "int8" } = options;
    refuse("QuantizedVectors", [
      oneOf("precision", precision, ["int8", "binary"]),
      ...unknownOptions(options, ["precision"]),
    ]);
    const matrix = unitMatrix(toMatrix("QuantizedVectors", vectors));
    this.precision = precision;
    this.rows = matrix.rows;
    this.size = matrix.size;
    this.#scales = precision === "int8" ? columnScales(matrix) : new Float32Array();
    this.#bytes = precision === "int8" ? toBytes(matrix, this.#scales) : null;
    this.#bits = precision === "binary" ? toBits(matrix) : null;
  }

  /** Memory of the vectors. */
  get bytes(): number {
    return (this.#bytes?.byteLength ?? 0) + this.#scales.byteLength + (this.#bits?.words.byteLength ?? 0);
  }

  /** A row as numbers again: of "binary", signs. */
  row(position: number): Float32Array {
    return Float32Array.from({ length: this.size }, (_, at) => {
      if (this.#bytes !== null) return this.#bytes[position * this.size + at]! * this.#scales[at]!;
      const { words, width } = this.#bits as BitRows;
      return (words[position * width + (at >> 5)]! >>> (at & 31)) & 1 ? 1 : -1;
    });
  }

  /** The nearest vectors of each query, nearest first, `count` for each; distances are cosine distances to the stored vectors. */
  async search(queries: Vectors, options: QuantizedSearchOptions = {}): Promise<Nearest> {
    const { k = 10, oversample = 4 } = options;
    refuse("QuantizedVectors.search", [
      wholeNumber("k", k, 1),
      wholeNumber("oversample", oversample, 1),
      ...unknownOptions(options, ["k", "oversample"]),
    ]);
    const matrix = unitMatrix(toMatrix("QuantizedVectors.search", queries, this.size));
    return this.#bits === null
      ? this.#searchBytes(matrix, k)
      : nearestByBits(this.#bits, matrix, Math.min(k, this.rows), oversample);
  }

  /** Which share of the exact nearest neighbours is found, on queries and vectors that are still whole. */
  async compare(queries: Vectors, vectors: Vectors, options: QuantizedSearchOptions = {}): Promise<QuantizationReport> {
    const { k = 10 } = options;
    const exact = await findNearest(
      new Cosine(),
      toMatrix("QuantizedVectors.compare, queries", queries, this.size),
      toMatrix("QuantizedVectors.compare, vectors", vectors, this.size),
      k,
    );
    const found = await this.search(queries, options);
    let kept = 0;
    const asked = exact.count === 0 ? 0 : exact.rows.length / exact.count;
    for (let query = 0; query < asked; query += 1) {
      const own = new Set(found.rows.subarray(query * found.count, (query + 1) * found.count));
      for (const row of exact.rows.subarray(query * exact.count, (query + 1) * exact.count))
        if (own.has(row)) kept += 1;
    }
    const floatBytes = this.rows * this.size * Float32Array.BYTES_PER_ELEMENT;
    return { recall: kept / exact.rows.length, queries: asked, bytes: this.bytes, floatBytes };
  }

  /** Block by block, so that only a part is ever as large as it was. */
  async #searchBytes(queries: HostMatrix, k: number): Promise<Nearest> {
    let best: Nearest = { count: 0, rows: new Int32Array(), distances: new Float32Array() };
    for (let start = 0; start < this.rows; start += BLOCK) {
      const count = Math.min(BLOCK, this.rows - start);
      const data = new Float32Array(count * this.size);
      const bytes = (this.#bytes as Int8Array).subarray(start * this.size, (start + count) * this.size);
      for (let at = 0; at < data.length; at += 1) data[at] = bytes[at]! * this.#scales[at % this.size]!;
      const found = await findNearest(new Cosine(), queries, { data, rows: count, size: this.size }, k);
      best = mergeNearest(best, { ...found, rows: found.rows.map((row) => row + start) }, queries.rows, k);
    }
    return best;
  }
}

/** A step of each column: the largest of it is 127 steps. */
function columnScales({ data, rows, size }: HostMatrix): Float32Array {
  const largest = new Float32Array(size);
  for (let at = 0; at < rows * size; at += 1) {
    const column = at % size;
    largest[column] = Math.max(largest[column]!, Math.abs(data[at]!));
  }
  return largest.map((value) => (value === 0 ? 1 : value / 127));
}

function toBytes({ data, size }: HostMatrix, scales: Float32Array): Int8Array {
  return Int8Array.from(data, (value, at) => Math.round(value / scales[at % size]!));
}
