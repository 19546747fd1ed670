/**
 * Describe a model, train it, use it.
 *
 * @module likewise
 */

export { TrainableModel, type Results, type XbmFor } from "./model/trainable-model.js";
export { Trainer, type EvaluateOptions, type FitOptions, type TrainerExtensions } from "./train/trainer.js";
export type { CardOptions } from "./model/model-card.js";
export type { DataSizes, HistoryEntry, TrainingRecord } from "./model/training-record.js";
// Quaterion calls the same thing by two names.
export {
  SimilarityModel,
  SimilarityModel as MetricModel,
  type Collator,
  type LoadOptions,
} from "./model/similarity-model.js";
export type { EncodeOptions } from "./model/encode-options.js";
export type { ColumnRanges, PackedPrecision, PackedVectors } from "./tensor/packed-vectors.js";
export type { ExportedModel, ExportOptions } from "./model/export-file.js";
export type { ModelContent } from "./model/model-content.js";
export type { Loaders } from "./train/run.js";
export type { ResumeFrom } from "./train/run-folder.js";
export {
  TrainerConfig,
  type BatchLimit,
  type Every,
  type LogFormat,
  type TrainerOptions,
} from "./train/trainer-config.js";
export { EarlyStoppingConfig } from "./train/early-stopping-config.js";
export { CheckpointConfig } from "./train/checkpoint-config.js";
export { EmaConfig } from "./train/ema-config.js";
export { CacheConfig, type CacheType, type KeyExtractor } from "./cache/cache-config.js";
export type { CacheStorage } from "./cache/storage.js";
export { XbmConfig } from "./memory/xbm-config.js";
export type { BatchOutcome, Callback, CallbackContext, RunFacts } from "./train/callback.js";
export { KnownClasses, type KnownClassesOptions } from "./train/known-classes.js";
export {
  RetrievalEvaluation,
  type RepeatableCollection,
  type RetrievalEvaluationOptions,
} from "./train/retrieval-evaluation.js";
export type { Direction } from "./train/monitor.js";
export { log, type LogOptions } from "./train/log.js";
export type { Scalars, StopReason, SummaryRow, TrainEvent } from "./train/events.js";
export type { Sink } from "./train/sink.js";
export { ConsoleProgress, type ProgressOutput } from "./train/console-progress.js";
export type { LearningRateOptions, LearningRateSuggestion } from "./train/learning-rate-finder.js";
export {
  Part,
  type Init,
  type Mode,
  type Noise,
  type Output,
  type PartClass,
  type PartFinder,
  type PartRole,
  type Routes,
  type SavedPart,
} from "./contracts/part.js";
export type { AnyPartClass } from "./model/part-registry.js";
export type { Network } from "./model/forward.js";
export type { Encoders } from "./model/parameters.js";
export type {
  Group,
  GroupSample,
  Kind,
  Kinds,
  LabelSample,
  PairSample,
  Sample,
  TupleSample,
} from "./contracts/samples.js";
export type { Batch, HostTargets, LoadedTargets, Targets, TargetTable } from "./contracts/batch.js";
export { FrozenEncoder, TrainableEncoder, type Encoder, type Fittable } from "./contracts/encoder.js";
export type { InputLayout, OnnxSource, OnnxSourceGraph, Routing } from "./contracts/encoder.js";
export { Head, type FittableHead, type TrainVectors, type VectorRows } from "./contracts/head.js";
export type { LayersSource } from "./layers/layers-module.js";
export {
  SimilarityLoss,
  type LossContext,
  type LossValue,
  type Memory,
  type RememberedKind,
  type ScoreRange,
  type UsesChunks,
  type UsesDatasets,
  type UsesMemory,
} from "./contracts/loss.js";
export { Distance, type InnerProductForm } from "./contracts/distance.js";
export {
  Cosine,
  DotProduct,
  Euclidean,
  Lp,
  Manhattan,
  SignalToNoise,
  SquaredEuclidean,
  distanceNamed,
  registerDistance,
  savedDistance,
  type DistanceChoice,
  type DistanceName,
  type LpOptions,
  type SavedDistance,
} from "./distances/index.js";
export {
  attach,
  Metric,
  type AttachedMetric,
  type AttachOptions,
  type ReadsSimilarities,
  type SharesWork,
  type Stage,
  type TellsQueries,
} from "./contracts/metric.js";
export type { GroupRelation } from "./contracts/group-relation.js";
export { Loader, type EpochRequest, type ItemPlaces, type PlaceBlock, type PlaceOptions } from "./contracts/loader.js";
export type { Moment, Schedule, Transform, Updated } from "./contracts/optimizer.js";
export type { EngineChoice } from "./engine/choose-engine.js";
export type { Edits, HostMatrix, HostTensor, HostTensors } from "./tensor/host.js";
export type { HostTree, Tensors, TensorTree, Tree } from "./tensor/tree.js";
export { Random, type RandomState } from "./random.js";
export type { Json, JsonObject } from "./json.js";
export {
  AssemblyError,
  ConfigError,
  DataError,
  DuplicateNameError,
  EngineError,
  FileFormatError,
  InterruptedError,
  LikewiseError,
  NonFiniteError,
  PartError,
  ProviderError,
  ShapeError,
  StorageError,
  UnknownNameError,
  UsageError,
  WorkerError,
} from "./errors.js";
export { TraceError } from "./engine/trace/trace-error.js";
