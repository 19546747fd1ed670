import {
  ArcFaceLoss,
  CircleLoss,
  ContrastiveLoss,
  FastAPLoss,
  GeneralizedLiftedStructureLoss,
  IntraPairVarianceLoss,
  LiftedStructureLoss,
  MultipleNegativesRankingLoss,
  MultiSimilarityLoss,
  NCALoss,
  NTXentLoss,
  OnlineContrastiveLoss,
  SoftmaxLoss,
  SupervisedContrastiveLoss,
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
  ArcFaceLoss: () => ({
    defaults: { ...proxies, loss: new ArcFaceLoss({ embeddingSize: SIZE, groups: 4 }) },
    gentle: {
      ...proxies,
      loss: new ArcFaceLoss({ embeddingSize: SIZE, groups: ["a", "b", "c", "d"], scale: 16, margin: 0.2 }),
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
  FastAPLoss: () => ({
    defaults: { ...groups, loss: new FastAPLoss() },
    coarse: { ...groups, loss: new FastAPLoss({ bins: 4 }) },
  }),
  GeneralizedLiftedStructureLoss: () => ({
    defaults: { ...farGroups, loss: new GeneralizedLiftedStructureLoss() },
  }),
  IntraPairVarianceLoss: () => ({
    defaults: { ...groups, confused: unevenGroups, loss: new IntraPairVarianceLoss() },
  }),
  LiftedStructureLoss: () => ({ defaults: { ...farGroups, loss: new LiftedStructureLoss() } }),
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
  SoftmaxLoss: () => ({
    defaults: { ...proxies, loss: new SoftmaxLoss({ embeddingSize: SIZE, groups: 4 }) },
    normalized: { ...proxies, loss: new SoftmaxLoss({ embeddingSize: SIZE, groups: 4, normalize: true }) },
  }),
  SupervisedContrastiveLoss: () => ({ defaults: { ...groups, loss: new SupervisedContrastiveLoss() } }),
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
