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
} from "./part.js";
export type { Group, GroupSample, Kind, Kinds, LabelSample, PairSample, Sample, TupleSample } from "./samples.js";
export type { Batch, HostTargets, LoadedTargets, Targets } from "./batch.js";
export {
  FrozenEncoder,
  TrainableEncoder,
  isFittable,
  isOnnxSource,
  isRouting,
  type Encoder,
  type Fittable,
} from "./encoder.js";
export type { InputLayout, OnnxSource, OnnxSourceGraph, Routing } from "./encoder.js";
export { Head, isFittableHead, type FittableHead, type TrainVectors, type VectorRows } from "./head.js";
export {
  SimilarityLoss,
  usesChunks,
  usesDatasets,
  usesMemory,
  type LossContext,
  type LossValue,
  type Memory,
  type RememberedKind,
  type ScoreRange,
  type UsesChunks,
  type UsesDatasets,
  type UsesMemory,
} from "./loss.js";
export { Distance, type InnerProductForm } from "./distance.js";
export {
  Metric,
  attach,
  readsSimilarities,
  sharesWork,
  tellsQueries,
  type AttachedMetric,
  type AttachOptions,
  type ReadsSimilarities,
  type SharesWork,
  type Stage,
  type TellsQueries,
} from "./metric.js";
export type { GroupRelation } from "./group-relation.js";
export { Loader, type EpochRequest, type ItemPlaces, type PlaceBlock, type PlaceOptions } from "./loader.js";
export type { Moment, Schedule, Transform, Updated } from "./optimizer.js";
export type { Acceptance, Engine, Program, ProgramResult, Session } from "./engine.js";
