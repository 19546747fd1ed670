/**
 * Read samples and give them in batches.
 *
 * @module likewise/data
 */

export { GroupLoader } from "./loaders/group-loader.js";
export type { BalanceOptions, CategoryOptions, GroupLoaderOptions } from "./loaders/group-options.js";
export { GroupPairLoader, GroupTupleLoader, type GroupTupleLoaderOptions } from "./loaders/from-groups.js";
export { LabelLoader } from "./loaders/label-loader.js";
export { MixedLoader, type MixedLoaderOptions } from "./loaders/mixed-loader.js";
export { PairLoader, type PairLoaderOptions } from "./loaders/pair-loader.js";
export { TupleLoader, type TupleLoaderOptions } from "./loaders/tuple-loader.js";
export type { Augment, AugmentPlace, LoaderOptions } from "./loaders/options.js";
export type { DuplicateOptions } from "./compositions/distinct.js";
export type { Key } from "./samplers/distinct.js";
export type { Dataset, Samples } from "./sources/source.js";
export { readCsv, type CsvOptions, type CsvRow } from "./parsers/csv.js";
export { readJsonLines, type JsonLinesOptions } from "./parsers/json-lines.js";
export {
  checkRetrievalTable,
  readRetrievalTable,
  type CheckedTable,
  type PixelBox,
  type RetrievalRow,
  type RetrievalTableOptions,
  type TableProblem,
} from "./parsers/retrieval-table.js";
export type { BadLineOptions } from "./parsers/bad-lines.js";
export type { RecordBlock, Records } from "./parsers/records.js";
export { sideOf, split, type Split, type SplitFractions, type SplitOptions } from "./processors/split.js";
