import {
  AngularMiner,
  AverageNonZeroReducer,
  BatchEasyHardMiner,
  BatchHardMiner,
  ClassWeightedReducer,
  DistanceWeightedMiner,
  HDCMiner,
  MeanReducer,
  MultiSimilarityMiner,
  NHardMiner,
  PairMarginMiner,
  PerAnchorReducer,
  RandomTripletMiner,
  SumReducer,
  ThresholdReducer,
  TripletMarginMiner,
  UniformHistogramMiner,
  type Miner,
  type Reducer,
} from "likewise/miners";

/** One of every exported miner, and the settings that make another graph. */
export const miners: readonly Miner[] = [
  new AngularMiner(),
  new BatchEasyHardMiner(),
  new BatchEasyHardMiner({ positives: "all", negatives: "hard", negativeRange: [0.1, 1.8] }),
  new BatchEasyHardMiner({ positives: "semi-hard", negatives: "easy" }),
  new BatchEasyHardMiner({ positives: "hard", negatives: "semi-hard", positiveRange: [0, 1.9] }),
  new BatchHardMiner(),
  new DistanceWeightedMiner(),
  new HDCMiner(),
  new MultiSimilarityMiner(),
  new NHardMiner({ positives: 2, negatives: [2, 3] }),
  new PairMarginMiner(),
  new RandomTripletMiner({ perAnchor: 4 }),
  new TripletMarginMiner(),
  new TripletMarginMiner({ triplets: "semi-hard", margin: 0.5 }),
  new UniformHistogramMiner({ bins: 5, positivesPerBin: 2, negativesPerBin: 3 }),
];

/** One of every exported reducer. */
export const reducers: readonly Reducer[] = [
  new MeanReducer(),
  new AverageNonZeroReducer(),
  new SumReducer(),
  new ThresholdReducer({ low: 0.1, high: 0.8 }),
  new ClassWeightedReducer({ weights: [1, 2, 0, 3] }),
  new PerAnchorReducer(),
];
