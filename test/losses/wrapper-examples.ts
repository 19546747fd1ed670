import {
  GradientCache,
  IntraPairVarianceLoss,
  MatryoshkaLoss,
  MultipleLosses,
  MultipleNegativesRankingLoss,
  NTXentLoss,
  ProjectedLoss,
  SelfSupervisedLoss,
  TripletLoss,
} from "likewise/losses";
import { hostTensor } from "../../lib/tensor/host.js";
import { groups, pairs, SIZE, tuples, unit, type Example } from "./contract-batches.js";

const matryoshka = { embeddingSize: SIZE, sizes: [4, 2], weights: [1, 0.5] };
const ranking = new MultipleNegativesRankingLoss({ learnScale: true });

/** A projection that gives back what it gets. */
const unchanged = {
  projection: {
    layer0: {
      map: hostTensor(Float32Array.from([0, 1, 2, 3].flatMap((axis) => unit(axis))), [SIZE, SIZE]),
      bias: hostTensor(new Float32Array(SIZE), [SIZE]),
    },
  },
};

/** Two units along one axis of the first two and one of all four, so that prefixes are perfect too. */
const perfectPrefixes = {
  embeddings: [
    [1, 0, 0, 0],
    [2, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 1, 0, 0],
  ],
};

/** Losses made of others. */
export const WRAPPERS: Readonly<Record<string, () => Readonly<Record<string, Example>>>> = {
  GradientCache: () => ({
    defaults: {
      ...pairs,
      loss: new GradientCache(ranking, { chunkSize: 3 }),
      make: (options) => new GradientCache(ranking, { chunkSize: 3, ...withoutLoss(options) }),
    },
    "of groups": {
      ...groups,
      loss: new GradientCache(new TripletLoss(), { chunkSize: 3 }),
      make: (options) => new GradientCache(ranking, { chunkSize: 3, ...withoutLoss(options) }),
    },
  }),
  MatryoshkaLoss: () => ({
    groups: {
      ...groups,
      perfect: { ...perfectPrefixes, targets: { groups: [0, 0, 1, 1] } },
      loss: new MatryoshkaLoss(new TripletLoss({ margin: 0.9 }), matryoshka),
      make: (options) => new MatryoshkaLoss(ranking, { ...matryoshka, ...withoutLoss(options) }),
    },
    "tuples, each size its own loss": {
      ...tuples,
      perfect: {
        embeddings: [...perfectPrefixes.embeddings, [-1, -1, 0, 0]],
        targets: { positiveOwners: [0], negativeOwners: [0, 0, 0], scores: [1, 0, 0, 0] },
      },
      loss: new MatryoshkaLoss((size) => new MultipleNegativesRankingLoss({ kind: "tuple", scale: 5 * size }), {
        embeddingSize: SIZE,
        sizes: [2, 4],
      }),
      make: (options) => new MatryoshkaLoss(ranking, { ...matryoshka, ...withoutLoss(options) }),
    },
  }),
  MultipleLosses: () => ({
    groups: {
      ...groups,
      loss: new MultipleLosses(
        {
          triplet: new TripletLoss(),
          contrast: new NTXentLoss({ temperature: 0.1 }),
          even: new IntraPairVarianceLoss(),
        },
        { weights: { even: 0.1 } },
      ),
      make: ({ extra }) => new MultipleLosses({ ranking }, { extra } as object),
    },
  }),
  ProjectedLoss: () => ({
    groups: {
      ...groups,
      perfect: { ...groups.perfect, parameters: unchanged },
      confused: { ...groups.confused, parameters: unchanged },
      loss: new ProjectedLoss(new NTXentLoss({ temperature: 0.1 }), { embeddingSize: SIZE, sizes: [SIZE] }),
      make: (options) => new ProjectedLoss(ranking, { embeddingSize: SIZE, sizes: [8, SIZE], ...withoutLoss(options) }),
    },
  }),
  SelfSupervisedLoss: () => ({
    symmetric: {
      ...pairs,
      loss: new SelfSupervisedLoss(new NTXentLoss()),
      make: ({ extra }) => new SelfSupervisedLoss(new NTXentLoss(), { extra } as object),
    },
    "one way": {
      ...pairs,
      loss: new SelfSupervisedLoss(new NTXentLoss(), { symmetric: false }),
      make: ({ extra }) => new SelfSupervisedLoss(new NTXentLoss(), { extra } as object),
    },
  }),
};

function withoutLoss({ loss: _loss, ...options }: Readonly<Record<string, unknown>>): object {
  return options;
}
