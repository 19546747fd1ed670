import type { PartClass, SavedPart } from "../../lib/contracts/part.js";
import { optionProblems, type Check } from "../../lib/contracts/options.js";
import { Registry } from "../../lib/registry.js";
import { show } from "../../lib/show.js";
import { AngularMiner } from "./angular-miner.js";
import { AverageNonZeroReducer } from "./average-non-zero-reducer.js";
import { BatchEasyHardMiner } from "./batch-easy-hard-miner.js";
import { BatchHardMiner } from "./batch-hard-miner.js";
import { ClassWeightedReducer } from "./class-weighted-reducer.js";
import { DistanceWeightedMiner } from "./distance-weighted-miner.js";
import { HDCMiner } from "./hdc-miner.js";
import { MeanReducer } from "./mean-reducer.js";
import { Miner } from "./miner.js";
import { MultiSimilarityMiner } from "./multi-similarity-miner.js";
import { NHardMiner } from "./n-hard-miner.js";
import { PairMarginMiner } from "./pair-margin-miner.js";
import { PerAnchorReducer } from "./per-anchor-reducer.js";
import { RandomTripletMiner } from "./random-triplet-miner.js";
import { Reducer } from "./reducer.js";
import { SumReducer } from "./sum-reducer.js";
import { ThresholdReducer } from "./threshold-reducer.js";
import { TripletMarginMiner } from "./triplet-margin-miner.js";
import { UniformHistogramMiner } from "./uniform-histogram-miner.js";

const miners = new Registry<PartClass<Miner>>("miner");
const reducers = new Registry<PartClass<Reducer>>("reducer");

for (const miner of [
  AngularMiner,
  BatchEasyHardMiner,
  BatchHardMiner,
  DistanceWeightedMiner,
  HDCMiner,
  MultiSimilarityMiner,
  NHardMiner,
  PairMarginMiner,
  RandomTripletMiner,
  TripletMarginMiner,
  UniformHistogramMiner,
]) {
  miners.add(miner.type, miner);
}

for (const reducer of [
  MeanReducer,
  SumReducer,
  AverageNonZeroReducer,
  ThresholdReducer,
  ClassWeightedReducer,
  PerAnchorReducer,
]) {
  reducers.add(reducer.type, reducer);
}

/**
 * Makes a miner of your own known by its `static type`, in this process, so that a loss that uses it can be trained, saved and loaded.
 * Call it where the class is defined.
 * @throws DuplicateNameError when another class has the name.
 */
export function registerMiner(minerClass: PartClass<Miner>): void {
  miners.add(minerClass.type, minerClass);
}

/**
 * Makes a reducer of your own known by its `static type`, in this process, so that a loss that uses it can be trained, saved and loaded.
 * Call it where the class is defined.
 * @throws DuplicateNameError when another class has the name.
 */
export function registerReducer(reducerClass: PartClass<Reducer>): void {
  reducers.add(reducerClass.type, reducerClass);
}

/** @throws UnknownNameError for a saved miner that is not registered. */
export function minerOf(miner: Miner | SavedPart | null | undefined): Miner | null {
  if (miner instanceof Miner) return miner;
  if (!miner) return null;
  const advice = `If ${miner.type} is your own class, call registerMiner(${miner.type}) first`;
  return miners.require(miner.type, advice).from(miner.config, {}, NO_PARTS);
}

/** @throws UnknownNameError for a saved reducer that is not registered. */
export function reducerOf(reducer: Reducer | SavedPart | null | undefined): Reducer | null {
  if (reducer instanceof Reducer) return reducer;
  if (!reducer) return null;
  const advice = `If ${reducer.type} is your own class, call registerReducer(${reducer.type}) first`;
  return reducers.require(reducer.type, advice).from(reducer.config, {}, NO_PARTS);
}

const NO_PARTS = {
  make(role: string): never {
    throw new TypeError(`internal: miners and reducers have no parts, asked for a ${role}`);
  },
};

/** What is wrong with the options `miner` and `reducer`. */
export function miningProblems(options: { readonly miner?: unknown; readonly reducer?: unknown }): (string | null)[] {
  const { miner, reducer } = options;
  return optionProblems({ miner, reducer }, { miner: isPart(Miner, "a miner"), reducer: isPart(Reducer, "a reducer") });
}

const isPart =
  (contract: typeof Miner | typeof Reducer, what: string): Check =>
  (name, value) =>
    value === null || value instanceof contract || isSaved(value)
      ? null
      : `${name}: expected ${what} or null, got ${show(value)}`;

function isSaved(value: unknown): boolean {
  return typeof value === "object" && value !== null && "type" in value && "config" in value;
}
