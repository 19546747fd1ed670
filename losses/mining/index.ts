/**
 * Which pairs and triplets of a batch a loss looks at, how their losses become one number, and what vectors cost by themselves.
 *
 * @module likewise/miners
 */

export { AngularMiner, type AngularMinerOptions } from "./angular-miner.js";
export { AverageNonZeroReducer } from "./average-non-zero-reducer.js";
export { BatchEasyHardMiner, type BatchEasyHardMinerOptions, type EasyHardStrategy } from "./batch-easy-hard-miner.js";
export { BatchHardMiner } from "./batch-hard-miner.js";
export { ClassWeightedReducer, type ClassWeightedReducerOptions } from "./class-weighted-reducer.js";
export { Comparison } from "./comparison.js";
export { DistanceWeightedMiner, type DistanceWeightedMinerOptions } from "./distance-weighted-miner.js";
export { HDCMiner, type HDCMinerOptions } from "./hdc-miner.js";
export { MeanReducer } from "./mean-reducer.js";
export { Miner, type ListedTriplets, type Mined, type MiningContext, type TripletChoice } from "./miner.js";
export { MultiSimilarityMiner, type MultiSimilarityMinerOptions } from "./multi-similarity-miner.js";
export { NHardMiner, type HardRange, type NHardMinerOptions } from "./n-hard-miner.js";
export { PairMarginMiner, type PairMarginMinerOptions } from "./pair-margin-miner.js";
export { PerAnchorReducer } from "./per-anchor-reducer.js";
export { RandomTripletMiner, type RandomTripletMinerOptions } from "./random-triplet-miner.js";
export { Reducer } from "./reducer.js";
export { registerMiner, registerReducer } from "./registered.js";
export { SumReducer } from "./sum-reducer.js";
export { ThresholdReducer, type ThresholdReducerOptions } from "./threshold-reducer.js";
export { TripletMarginMiner, type TripletMarginMinerOptions } from "./triplet-margin-miner.js";
export { UniformHistogramMiner, type UniformHistogramMinerOptions } from "./uniform-histogram-miner.js";
export { unitsOf, type Units } from "./units.js";
export { CenterInvariantRegularizer } from "../regularizers/center-invariant-regularizer.js";
export { LpRegularizer, type LpRegularizerOptions } from "../regularizers/lp-regularizer.js";
export { registerRegularizer } from "../regularizers/registered.js";
export { RegularFaceRegularizer } from "../regularizers/regular-face-regularizer.js";
export { Regularizer } from "../regularizers/regularizer.js";
export { SparseCentersRegularizer } from "../regularizers/sparse-centers-regularizer.js";
export { ZeroMeanRegularizer } from "../regularizers/zero-mean-regularizer.js";
