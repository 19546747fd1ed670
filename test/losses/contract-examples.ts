import {
  AngularLoss,
  ArcFaceLoss,
  CenterLoss,
  CircleLoss,
  ContrastiveLoss,
  CoSENTLoss,
  CosFaceLoss,
  CosineSimilarityLoss,
  DynamicSoftMarginLoss,
  FastAPLoss,
  GeneralizedLiftedStructureLoss,
  HistogramLoss,
  IntraPairVarianceLoss,
  LiftedStructureLoss,
  MarginLoss,
  MultipleNegativesRankingLoss,
  MultiSimilarityLoss,
  NCALoss,
  NormalizedSoftmaxLoss,
  NPairsLoss,
  NTXentLoss,
  OnlineContrastiveLoss,
  ProxyAnchorLoss,
  ProxyNCALoss,
  RankedListLoss,
  SignalToNoiseContrastiveLoss,
  SoftmaxLoss,
  SupervisedContrastiveLoss,
  ThresholdConsistentMarginLoss,
  TripletLoss,
  TupletMarginLoss,
} from "likewise/losses";
import type { Kind, SimilarityLoss } from "../../lib/contracts/index.js";
import { hostTensor } from "../../lib/tensor/host.js";
import type { HostTree } from "../../lib/tensor/tree.js";
import type { PlainBatch, PlainTargets } from "../support/loss.js";

export type AnyLoss = SimilarityLoss<Kind>;

/** What the suite needs to know of a loss. */
export interface Example {
  readonly loss: AnyLoss;
  readonly targets: PlainTargets;
  /** How many rows of embeddings belong to the targets. */
  readonly rows: number;
  /** A batch whose loss cannot be lowered. */
  readonly perfect: PlainBatch;
  /** What is left of the loss there. Default 0. */
  readonly least?: number;
  /** True for a loss that takes the first rows of a group. */
  readonly ordered?: boolean;
  /** False for a loss whose gradient leaves out factors on purpose, so that the differences of its value are others. Default true. */
  readonly valueSlopes?: boolean;
  /** A batch in which items that belong apart lie together and the other way round. */
  readonly confused: Confusion;
}

export interface Confusion {
  /** Near which of two points each row lies. */
  readonly near: readonly (0 | 1)[];
  readonly targets: PlainTargets;
  readonly together: readonly (readonly [number, number])[];
  readonly apart: readonly (readonly [number, number])[];
}

/** Width of all embeddings here. */
export const SIZE = 4;

const unit = (axis: number, length = 1): number[] =>
  Array.from({ length: SIZE }, (_, at) => (at === axis ? length : 0));

const groups = {
  targets: { groups: [0, 0, 1, 1, 2, 2, 0, 3] },
  rows: 8,
  perfect: {
    embeddings: [unit(0), unit(0, 2), unit(1), unit(1), unit(2), unit(3)],
    targets: { groups: [0, 0, 1, 1, 2, 3] },
  },
  confused: {
    near: [0, 1, 0, 1],
    targets: { groups: [0, 0, 1, 1] },
    together: [
      [0, 1],
      [2, 3],
    ],
    apart: [
      [0, 2],
      [1, 3],
    ],
  },
} as const;

/** Proxies along the axes; far along them, a softmax is sure. */
export const axes = (length: number): HostTree => ({
  kernel: hostTensor(Float32Array.from([0, 1, 2, 3].flatMap((axis) => unit(axis, length))), [SIZE, 4]),
});
const proxies = { ...groups, perfect: { ...groups.perfect, parameters: axes(10) } };

/** Corners of a tetrahedron: four groups as far from each other as they get, each on its proxy. */
const corners = [
  [1, 1, 1, 0],
  [1, -1, -1, 0],
  [-1, 1, -1, 0],
  [-1, -1, 1, 0],
] as const;
const cornerGroups: PlainBatch = {
  embeddings: [corners[0], corners[0], corners[1], corners[2], corners[3]],
  targets: { groups: [0, 0, 1, 2, 3] },
  parameters: {
    kernel: hostTensor(Float32Array.from([0, 1, 2, 3].flatMap((k) => corners.map((at) => at[k] as number))), [SIZE, 4]),
  },
};

const pairs = {
  targets: { labels: [1, 1, 0, 1], subgroups: [0, 0, 1, 1, 0, 0, 1, 1] },
  rows: 8,
  perfect: {
    embeddings: [unit(0), unit(1), unit(0), unit(1)],
    targets: { labels: [1, 1], subgroups: [0, 1, 0, 1] },
  },
  confused: {
    near: [0, 1, 1, 0],
    targets: { labels: [1, 1], subgroups: [0, 1, 0, 1] },
    together: [
      [0, 2],
      [1, 3],
    ],
    apart: [
      [0, 3],
      [1, 2],
    ],
  },
} as const;

/** One similar pair that lies apart and one different pair that lies together. */
const onePullOnePush: Confusion = {
  near: [0, 0, 1, 0],
  targets: { labels: [1, 0], subgroups: [0, 0, 0, 0] },
  together: [[0, 2]],
  apart: [[1, 3]],
};

/** One pair that is equal and one that has nothing in common. */
const scored = {
  ...pairs,
  targets: { ...pairs.targets, labels: [1, 0.5, 0, 0.7] },
  confused: onePullOnePush,
  perfect: {
    embeddings: [unit(0, 2), unit(1), unit(0), unit(2, 3)],
    targets: { labels: [1, 0], subgroups: [0, 0, 0, 0] },
  },
} as const;

const tuples = {
  targets: { positiveOwners: [0, 0, 1], negativeOwners: [0, 1], scores: [1, 0.5, 1, 0, 0] },
  rows: 7,
  perfect: {
    embeddings: [unit(0), unit(1), unit(0), unit(0), unit(1), unit(2), unit(3)],
    targets: { positiveOwners: [0, 0, 1], negativeOwners: [0, 1], scores: [1, 1, 1, 0, 0] },
  },
  confused: {
    near: [0, 1, 1, 0, 0],
    targets: { positiveOwners: [0, 1], negativeOwners: [0], scores: [1, 1, 0] },
    together: [
      [0, 2],
      [1, 3],
    ],
    apart: [
      [0, 3],
      [1, 2],
      [0, 4],
    ],
  },
} as const;

/** Groups whose members are equal, far from others. */
const farGroups = {
  ...groups,
  perfect: {
    embeddings: [unit(0, 4), unit(0, 4), unit(1, 4), unit(1, 4)],
    targets: { groups: [0, 0, 1, 1] },
  },
} as const;

/** Two groups in opposite directions. */
const oppositeGroups: PlainBatch = {
  embeddings: [unit(0), unit(0, 2), unit(0, -1), unit(0, -3)],
  targets: { groups: [0, 0, 1, 1] },
};

/** Of three rows of a group one lies apart; a row of another group lies with the two, a third lies elsewhere. */
const unevenGroups: Confusion = {
  near: [0, 0, 0, 1, 0, 1, 1, 1],
  targets: { groups: [0, 0, 0, 0, 1, 2, 3, 4] },
  together: [
    [0, 3],
    [1, 3],
    [2, 3],
  ],
  apart: [
    [0, 4],
    [1, 4],
    [2, 4],
  ],
};

/** At least one example for every exported loss. */
export const EXAMPLES: Readonly<Record<string, () => Readonly<Record<string, Example>>>> = {
  AngularLoss: () => ({
    defaults: { ...groups, perfect: oppositeGroups, loss: new AngularLoss() },
    // The two negatives of a pair lie opposite to both its rows.
    flat: {
      ...groups,
      perfect: oppositeGroups,
      least: Math.log1p(2 * Math.exp(-10 * Math.tan(0.5) ** 2 - 2)),
      loss: new AngularLoss({ angle: 0.5 }),
    },
  }),
  ArcFaceLoss: () => ({
    defaults: { ...proxies, loss: new ArcFaceLoss({ embeddingSize: SIZE, groups: 4 }) },
    gentle: {
      ...proxies,
      loss: new ArcFaceLoss({ embeddingSize: SIZE, groups: ["a", "b", "c", "d"], scale: 16, margin: 0.2 }),
    },
  }),
  CenterLoss: () => ({
    defaults: {
      ...groups,
      perfect: { ...groups.perfect, parameters: axes(1) },
      loss: new CenterLoss({ embeddingSize: SIZE, groups: 4 }),
    },
  }),
  CircleLoss: () => ({
    defaults: { ...groups, loss: new CircleLoss(), valueSlopes: false },
    "of faces": { ...groups, loss: new CircleLoss({ margin: 0.25, scale: 256 }), valueSlopes: false },
  }),
  ContrastiveLoss: () => ({
    defaults: { ...pairs, confused: onePullOnePush, loss: new ContrastiveLoss() },
    "within pairs": {
      ...pairs,
      loss: new ContrastiveLoss({ margin: 1.5, acrossSubgroups: false, distance: "euclidean" }),
      perfect: {
        embeddings: [unit(0, 2), unit(1, 2), unit(0, 2), unit(2, 2)],
        targets: { labels: [1, 0], subgroups: [0, 0, 0, 0] },
      },
      confused: onePullOnePush,
    },
  }),
  CoSENTLoss: () => ({
    defaults: { ...scored, loss: new CoSENTLoss() },
  }),
  CosFaceLoss: () => ({
    defaults: { ...proxies, loss: new CosFaceLoss({ embeddingSize: SIZE, groups: 4 }) },
    gentle: { ...proxies, loss: new CosFaceLoss({ embeddingSize: SIZE, groups: 4, scale: 24, margin: 0.1 }) },
  }),
  CosineSimilarityLoss: () => ({
    defaults: { ...scored, loss: new CosineSimilarityLoss() },
  }),
  DynamicSoftMarginLoss: () => ({
    // All differences are -2, in the first bin, which holds all of them.
    defaults: { ...groups, perfect: oppositeGroups, least: -2, valueSlopes: false, loss: new DynamicSoftMarginLoss() },
  }),
  FastAPLoss: () => ({
    defaults: { ...groups, loss: new FastAPLoss() },
    coarse: { ...groups, loss: new FastAPLoss({ bins: 4 }) },
  }),
  GeneralizedLiftedStructureLoss: () => ({
    defaults: { ...farGroups, loss: new GeneralizedLiftedStructureLoss() },
  }),
  HistogramLoss: () => ({
    coarse: { ...groups, loss: new HistogramLoss({ bins: 8 }) },
  }),
  IntraPairVarianceLoss: () => ({
    defaults: { ...groups, confused: unevenGroups, loss: new IntraPairVarianceLoss() },
  }),
  LiftedStructureLoss: () => ({ defaults: { ...farGroups, loss: new LiftedStructureLoss() } }),
  MarginLoss: () => ({
    defaults: { ...farGroups, loss: new MarginLoss({ beta: 0.7 }) },
    "boundary learned": { ...farGroups, loss: new MarginLoss({ learnBeta: true, distance: "cosine", beta: 0.3 }) },
    "boundaries of groups": {
      ...farGroups,
      perfect: { ...farGroups.perfect, targets: { groups: [0, 0, 1, 1] } },
      loss: new MarginLoss({ learnBeta: true, groups: 4, beta: 0.7, nu: 0.001 }),
    },
  }),
  MultipleNegativesRankingLoss: () => ({
    defaults: { ...pairs, loss: new MultipleNegativesRankingLoss() },
    symmetric: {
      ...pairs,

      loss: new MultipleNegativesRankingLoss({ temperature: 0.1, symmetric: true, learnScale: true }),
    },
    tuples: { ...tuples, loss: new MultipleNegativesRankingLoss({ kind: "tuple" }) },
    "symmetric tuples": { ...tuples, loss: new MultipleNegativesRankingLoss({ kind: "tuple", symmetric: true }) },
  }),
  MultiSimilarityLoss: () => ({
    // Of each of four rows half of log(1 + 1 / e), of the two without a positive nothing.
    defaults: { ...groups, least: (4 / 6) * 0.5 * Math.log1p(Math.exp(-1)), loss: new MultiSimilarityLoss() },
  }),
  NCALoss: () => ({ defaults: { ...farGroups, loss: new NCALoss() } }),
  NormalizedSoftmaxLoss: () => ({
    defaults: { ...proxies, loss: new NormalizedSoftmaxLoss({ embeddingSize: SIZE, groups: 4 }) },
  }),
  NPairsLoss: () => ({ defaults: { ...farGroups, ordered: true, loss: new NPairsLoss() } }),
  NTXentLoss: () => ({
    defaults: { ...groups, loss: new NTXentLoss() },
    euclidean: { ...farGroups, loss: new NTXentLoss({ distance: "euclidean", temperature: 0.5 }) },
  }),
  OnlineContrastiveLoss: () => ({
    hard: { ...groups, loss: new OnlineContrastiveLoss({ margin: 1 }) },
    all: {
      ...groups,
      loss: new OnlineContrastiveLoss({ mining: "all", distance: "euclidean", margin: 1 }),
      perfect: {
        embeddings: [unit(0), unit(0), unit(1), unit(1)],
        targets: { groups: [0, 0, 1, 1] },
      },
    },
  }),
  ProxyAnchorLoss: () => ({
    sharp: {
      ...proxies,
      perfect: cornerGroups,
      loss: new ProxyAnchorLoss({ embeddingSize: SIZE, groups: 4, alpha: 64 }),
    },
  }),
  ProxyNCALoss: () => ({
    sure: { ...proxies, loss: new ProxyNCALoss({ embeddingSize: SIZE, groups: 4, scale: 16 }) },
  }),
  RankedListLoss: () => ({
    defaults: { ...farGroups, loss: new RankedListLoss({ boundary: 0.7 }) },
    cosine: {
      ...groups,
      loss: new RankedListLoss({ distance: "cosine", boundary: 0.5, margin: 0.4, positiveTemperature: 2 }),
    },
  }),
  SignalToNoiseContrastiveLoss: () => ({
    defaults: { ...farGroups, loss: new SignalToNoiseContrastiveLoss() },
    cosine: { ...groups, loss: new SignalToNoiseContrastiveLoss({ distance: "cosine" }) },
  }),
  SoftmaxLoss: () => ({
    defaults: { ...proxies, loss: new SoftmaxLoss({ embeddingSize: SIZE, groups: 4 }) },
    normalized: { ...proxies, loss: new SoftmaxLoss({ embeddingSize: SIZE, groups: 4, normalize: true }) },
  }),
  SupervisedContrastiveLoss: () => ({ defaults: { ...groups, loss: new SupervisedContrastiveLoss() } }),
  ThresholdConsistentMarginLoss: () => ({ defaults: { ...groups, loss: new ThresholdConsistentMarginLoss() } }),
  TripletLoss: () => ({
    hard: { ...groups, loss: new TripletLoss() },
    soft: {
      ...groups,
      loss: new TripletLoss({ soft: true, distance: "squared-euclidean" }),
      perfect: {
        embeddings: [unit(0, 4), unit(0, 4), unit(1, 4), unit(1, 4)],
        targets: { groups: [0, 0, 1, 1] },
      },
    },
    "normalized hard": { ...groups, loss: new TripletLoss({ normalizeByHardestNegative: true }) },
    "semi-hard": { ...groups, loss: new TripletLoss({ mining: "semi-hard" }) },
    "soft semi-hard": {
      ...groups,
      loss: new TripletLoss({ mining: "semi-hard", soft: true, distance: "squared-euclidean" }),
      perfect: {
        embeddings: [unit(0, 4), unit(0, 4), unit(1, 4), unit(1, 4)],
        targets: { groups: [0, 0, 1, 1] },
      },
    },
    all: { ...groups, loss: new TripletLoss({ mining: "all" }) },
  }),
  TupletMarginLoss: () => ({ defaults: { ...groups, loss: new TupletMarginLoss({ scale: 16 }) } }),
};
