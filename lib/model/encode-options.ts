import { flag, oneOf, refuse, unknownOptions, wholeNumber } from "../contracts/options.js";
import { DataError } from "../errors.js";
import type { ColumnRanges, PackedPrecision } from "../tensor/packed-vectors.js";

/** How items are encoded. */
export interface EncodeOptions {
  /** Items encoded at a time. Default 256. */
  readonly batchSize?: number;
  /** Scale each vector to length 1 (zero vectors stay zero). Default false. */
  readonly normalize?: boolean;
  /** Keep the first so many numbers of each vector, before normalizing. Default all. */
  readonly truncate?: number;
  /** Put before each text, for language models that were trained so: "query: ". For items that are texts. Default nothing. */
  readonly prompt?: string;
  /** "float32" (default), or vectors in a quarter ("int8", "uint8") or a thirty-second ("binary", "ubinary") of the memory; see `packVectors`. */
  readonly precision?: "float32" | PackedPrecision;
  /** For "int8" and "uint8": `ranges` of the vectors that these are compared with. Default: those of these vectors, of which two must differ. */
  readonly ranges?: ColumnRanges;
}

/** Every option, checked; @throws ConfigError. */
export function settledOptions(options: EncodeOptions, embeddingSize: number): Required<Omit<EncodeOptions, "ranges">> {
  const { batchSize = 256, normalize = false, truncate = embeddingSize, prompt = "", precision = "float32" } = options;
  const width = wholeNumber("truncate", truncate, 1, embeddingSize);
  refuse("SimilarityModel.encode", [
    wholeNumber("batchSize", batchSize, 1),
    flag("normalize", normalize),
    width === null ? null : `${width} (the model's embeddingSize is ${embeddingSize})`,
    typeof prompt === "string" ? null : "prompt: expected a text",
    oneOf("precision", precision, ["float32", "int8", "uint8", "binary", "ubinary"]),
    options.ranges !== undefined && precision !== "int8" && precision !== "uint8"
      ? 'ranges: only "int8" and "uint8" have ranges'
      : null,
    ...unknownOptions(options, ["batchSize", "normalize", "truncate", "prompt", "precision", "ranges"]),
  ]);
  return { batchSize, normalize, truncate, prompt, precision };
}

/** Texts with the prompt before each. @throws DataError naming the first item that is no text. */
export function prompted<Item>(items: readonly Item[], prompt: string): readonly Item[] {
  if (prompt === "") return items;
  return items.map((item: unknown, at) => {
    if (typeof item === "string") return (prompt + item) as Item;
    throw new DataError(
      `SimilarityModel.encode: prompt is put before texts, and item ${at} is ${item === null ? "null" : `of type ${typeof item}`}; ` +
        `for records put it into the field that the encoder reads`,
    );
  });
}

/** A vector scaled to length 1; zeros stay. */
export function unit(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  return squares === 0 ? vector : vector.map((value) => value / Math.sqrt(squares));
}
