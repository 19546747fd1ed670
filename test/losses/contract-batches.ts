import type { Kind, SimilarityLoss } from "../../lib/contracts/index.js";
import { hostTensor } from "../../lib/tensor/host.js";
import type { HostTree } from "../../lib/tensor/tree.js";
import type { Matrix } from "../support/gradient.js";
import type { PlainBatch, PlainTargets } from "../support/loss.js";

export type AnyLoss = SimilarityLoss<Kind>;

/** What the suite needs to know of a loss. */
export interface Example {
  readonly loss: AnyLoss;
  /** Makes a loss of options that are saved, when there are other arguments too. Default: of the options alone. */
  readonly make?: (options: Readonly<Record<string, unknown>>) => unknown;
  readonly targets: PlainTargets;
  /** How many rows of embeddings belong to the targets. */
  readonly rows: number;
  /** Vectors of the guide, for a loss that reads them. */
  readonly guide?: Matrix;
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
  /** Parameters of a loss whose kernel has more than a column a group. */
  readonly parameters?: HostTree;
  readonly guide?: Matrix;
  /** Near which of two points each row lies. */
  readonly near: readonly (0 | 1)[];
  readonly targets: PlainTargets;
  readonly together: readonly (readonly [number, number])[];
  readonly apart: readonly (readonly [number, number])[];
}

/** Width of all embeddings here. */
export const SIZE = 4;

export const unit = (axis: number, length = 1): number[] =>
  Array.from({ length: SIZE }, (_, at) => (at === axis ? length : 0));

export const groups = {
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

/** Proxies along the axes, so many a group; far along them, a softmax is sure. */
export const axes = (length: number, each = 1): HostTree => ({
  kernel: hostTensor(
    Float32Array.from([0, 1, 2, 3].flatMap((axis) => unit(axis, length).flatMap((v) => Array<number>(each).fill(v)))),
    [SIZE, 4 * each],
  ),
});
export const proxies = { ...groups, perfect: { ...groups.perfect, parameters: axes(10) } };

/** Two proxies a group, both along its axis. */
export const twoProxies = {
  ...groups,
  perfect: { ...groups.perfect, parameters: axes(1, 2) },
  confused: { ...groups.confused, parameters: axes(0.2, 2) },
};

/** Corners of a tetrahedron: four groups as far from each other as they get, each on its proxy. */
export const corners = [
  [1, 1, 1, 0],
  [1, -1, -1, 0],
  [-1, 1, -1, 0],
  [-1, -1, 1, 0],
] as const;
export const cornerGroups: PlainBatch = {
  embeddings: [corners[0], corners[0], corners[1], corners[2], corners[3]],
  targets: { groups: [0, 0, 1, 2, 3] },
  parameters: {
    kernel: hostTensor(Float32Array.from([0, 1, 2, 3].flatMap((k) => corners.map((at) => at[k] as number))), [SIZE, 4]),
  },
};

export const pairs = {
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

const everyWay = [0, 1, 2, 3].flatMap((axis) => [unit(axis, 2), unit(axis, -2)]);
/** Equal pairs, of which each column has a deviation above 1 and nothing to do with the others. */
export const spreadPairs = {
  ...pairs,
  perfect: {
    embeddings: [...everyWay, ...everyWay],
    targets: { labels: everyWay.map(() => 1), subgroups: [...everyWay, ...everyWay].map(() => 0) },
  },
};

/** A predictor that says again what it is told, and one that always says the same. */
const predictor = (own: number, always: readonly number[]): HostTree => {
  const both = [0, 1, 2, 3].flatMap((axis) => [...unit(axis), ...unit(axis, -1)]);
  const back = [...[0, 1, 2, 3].flatMap((axis) => unit(axis)), ...[0, 1, 2, 3].flatMap((axis) => unit(axis, -1))];
  return {
    hidden: hostTensor(Float32Array.from(both), [SIZE, 2 * SIZE]),
    scale: hostTensor(new Float32Array(2 * SIZE).fill(own), [2 * SIZE]),
    shift: hostTensor(new Float32Array(2 * SIZE), [2 * SIZE]),
    output: hostTensor(Float32Array.from(back), [2 * SIZE, SIZE]),
    bias: hostTensor(Float32Array.from(always), [SIZE]),
  };
};

/** Pairs of which two rows out of four are swapped. */
const halfSwapped: Confusion = {
  near: [0, 1, 0, 1, 1, 0, 0, 1],
  targets: { labels: [1, 1, 1, 1], subgroups: [0, 0, 0, 0, 0, 0, 0, 0] },
  together: [
    [0, 4],
    [1, 5],
  ],
  apart: [],
};

/** Pairs whose columns tell them apart. */
export const twinPairs = { ...spreadPairs, confused: halfSwapped };

/** Pairs that a predictor foretells: equal ones, of which it always says the same. */
export const foretoldPairs = {
  ...pairs,
  perfect: {
    embeddings: [unit(1), unit(1, 2), unit(1), unit(1)],
    targets: { labels: [1, 1], subgroups: [0, 1, 0, 1] },
    parameters: predictor(0, unit(1)),
  },
  confused: { ...halfSwapped, parameters: predictor(0.3, [1, 1, 0, 0.2]) },
};

/** One similar pair that lies apart and one different pair that lies together. */
export const onePullOnePush: Confusion = {
  near: [0, 0, 1, 0],
  targets: { labels: [1, 0], subgroups: [0, 0, 0, 0] },
  together: [[0, 2]],
  apart: [[1, 3]],
};

/** One pair that is equal and one that has nothing in common. */
export const scored = {
  ...pairs,
  targets: { ...pairs.targets, labels: [1, 0.5, 0, 0.7] },
  confused: onePullOnePush,
  perfect: {
    embeddings: [unit(0, 2), unit(1), unit(0), unit(2, 3)],
    targets: { labels: [1, 0], subgroups: [0, 0, 0, 0] },
  },
} as const;

export const tuples = {
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
export const farGroups = {
  ...groups,
  perfect: {
    embeddings: [unit(0, 4), unit(0, 4), unit(1, 4), unit(1, 4)],
    targets: { groups: [0, 0, 1, 1] },
  },
} as const;

/** Two groups in opposite directions. */
export const oppositeGroups: PlainBatch = {
  embeddings: [unit(0), unit(0, 2), unit(0, -1), unit(0, -3)],
  targets: { groups: [0, 0, 1, 1] },
};

/** Of three rows of a group one lies apart; a row of another group lies with the two, a third lies elsewhere. */
export const unevenGroups: Confusion = {
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
