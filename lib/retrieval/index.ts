/**
 * Find the nearest of many vectors, and judge what is found.
 *
 * @module likewise/retrieval
 */

export { evaluateRetrieval, type Relevant, type RetrievalReport, type RetrievalTask } from "./evaluate.js";
export { ExactIndex, type ExactIndexOptions, type SearchResult } from "./exact-index.js";
export type { Vectors } from "./vectors.js";
