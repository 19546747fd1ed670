import { wholeNumber, type Problem } from "../contracts/options.js";
import type { SearchChunks } from "../tensor/nearest-top.js";

/** Names of the options. */
export const CHUNKS: readonly (keyof SearchChunks)[] = ["queryChunk", "corpusChunk"];

/** What is wrong with those that were given. */
export function chunkProblems(chunks: SearchChunks): Problem[] {
  return CHUNKS.map((name) => (chunks[name] === undefined ? null : wholeNumber(name, chunks[name], 1)));
}
