/**
 * Which pairs and triplets of a batch a loss looks at, and how their losses become one number.
 *
 * @module likewise/miners
 */

export { AverageNonZeroReducer } from "./average-non-zero-reducer.js";
export { ClassWeightedReducer, type ClassWeightedReducerOptions } from "./class-weighted-reducer.js";
export { MeanReducer } from "./mean-reducer.js";
export { Miner, type Mined, type MiningContext, type TripletChoice } from "./miner.js";
export { PerAnchorReducer } from "./per-anchor-reducer.js";
export { Reducer } from "./reducer.js";
export { registerMiner, registerReducer } from "./registered.js";
export { SumReducer } from "./sum-reducer.js";
export { ThresholdReducer, type ThresholdReducerOptions } from "./threshold-reducer.js";
export { unitsOf, type Units } from "./units.js";
