import {
  HardClusterLoss,
  NormalizedSoftmaxLoss,
  RegularizedLoss,
  TripletLoss,
  TupleTripletLoss,
} from "likewise/losses";
import { LpRegularizer, RegularFaceRegularizer, ZeroMeanRegularizer } from "likewise/miners";
import { farGroups, groups, proxies, SIZE, tuples, unevenGroups, unit, type Example } from "./contract-batches.js";

const short = { short: new LpRegularizer({ power: 2 }), even: new ZeroMeanRegularizer() };
const light = { short: 1e-4, even: 1e-4 };

/** Losses of triplets, and those with regularizers. */
export const TRIPLETS: Readonly<Record<string, () => Readonly<Record<string, Example>>>> = {
  HardClusterLoss: () => ({
    defaults: { ...groups, confused: unevenGroups, loss: new HardClusterLoss() },
    smooth: {
      ...farGroups,
      confused: unevenGroups,
      loss: new HardClusterLoss({ smooth: true, distance: "squared-euclidean" }),
    },
  }),
  RegularizedLoss: () => ({
    embeddings: {
      ...groups,
      loss: new RegularizedLoss(new TripletLoss(), { embeddings: short, weights: light }),
      make: ({ extra }) => new RegularizedLoss(new TripletLoss(), { embeddings: short, extra } as object),
    },
    proxies: {
      ...proxies,
      loss: new RegularizedLoss(new NormalizedSoftmaxLoss({ embeddingSize: SIZE, groups: 4 }), {
        proxies: { apart: new RegularFaceRegularizer() },
        weights: { apart: 0.3 },
      }),
      make: ({ extra }) => new RegularizedLoss(new TripletLoss(), { embeddings: short, extra } as object),
    },
  }),
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
    swapped: { ...groups, loss: new TripletLoss({ swap: true }) },
    "swapped semi-hard": { ...groups, loss: new TripletLoss({ mining: "semi-hard", swap: true }) },
    "swapped all": { ...groups, loss: new TripletLoss({ mining: "all", swap: true }) },
    "smooth all": {
      ...farGroups,
      loss: new TripletLoss({ mining: "all", smooth: true, swap: true, distance: "squared-euclidean" }),
    },
    drawn: { ...groups, ordered: true, loss: new TripletLoss({ tripletsPerAnchor: 6, swap: true }) },
  }),
  TupleTripletLoss: () => ({
    defaults: { ...tuples, loss: new TupleTripletLoss() },
    swapped: { ...tuples, loss: new TupleTripletLoss({ swap: true, margin: 0.8 }) },
    smooth: {
      ...tuples,
      loss: new TupleTripletLoss({ swap: true, smooth: true, distance: "squared-euclidean" }),
      perfect: {
        embeddings: [unit(0, 4), unit(0, 4), unit(1, 4)],
        targets: { positiveOwners: [0], negativeOwners: [0], scores: [1, 0] },
      },
    },
  }),
};
