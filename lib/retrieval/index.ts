/**
 * Find the nearest of many vectors, and judge what is found.
 *
 * @module likewise/retrieval
 */

export {
  applyThreshold,
  calibrate,
  type Calibration,
  type CalibrationPairs,
  type Calibrations,
  type CalibrationTarget,
  type CalibrationTargets,
  type ThresholdReport,
  type ThresholdRow,
} from "./calibrate.js";
export {
  evaluateModel,
  type ModelEvaluation,
  type ModelEvaluationOptions,
  type RankedMeasure,
} from "./evaluate-model.js";
export type { LabelledCollection, RetrievalCollection } from "./collection.js";
export {
  evaluateRetrieval,
  type ClassReport,
  type RetrievalMeasures,
  type RetrievalReport,
  type RetrievalTask,
} from "./evaluate.js";
export { evaluateTable, type EvaluatedRow, type TableEvaluationOptions, type TableReport } from "./evaluate-table.js";
export type { LabelledRetrieval, Relevant, Sequences } from "./judgements.js";
export { ExactIndex, type ExactIndexOptions, type SearchResult } from "./exact-index.js";
export {
  findCommunities,
  findDuplicates,
  type Community,
  type CommunitySearch,
  type DuplicateSearch,
  type NearPair,
} from "./near-duplicates.js";
export { hardNegativeSamples, type HardNegativeFormats, type MinedNegatives } from "./hard-negative-samples.js";
export { measureModel } from "./measure-model.js";
export { mineHardNegatives, type HardNegativeOptions, type HardNegativeTask } from "./mine-hard-negatives.js";
export { NearestClassifier, type Classified, type NearestClassifierOptions } from "./nearest-classifier.js";
export { ItemIndex, type ItemIndexOptions, type Lookup, type LookupOptions } from "./item-index.js";
export {
  modelDistances,
  PairwiseReranker,
  type PairwiseRerankerOptions,
  type QueryResult,
} from "./pairwise-reranker.js";
export type { Postprocessor, Ranked } from "./postprocessor.js";
export { AdaptiveThreshold, ConstantThreshold, type AdaptiveThresholdOptions } from "./thresholds.js";
export {
  QuantizedVectors,
  type Precision,
  type QuantizationReport,
  type QuantizedSearchOptions,
  type QuantizeOptions,
} from "./quantized-vectors.js";
export type { Interval } from "../statistics/bootstrap.js";
export type { ThresholdMeasure } from "../statistics/verification.js";
export type { Nearest, SearchChunks } from "../tensor/nearest-top.js";
export {
  columnRanges,
  packVectors,
  unpackVectors,
  type ColumnRanges,
  type PackedPrecision,
  type PackedVectors,
} from "../tensor/packed-vectors.js";
export type { Vectors } from "./vectors.js";
