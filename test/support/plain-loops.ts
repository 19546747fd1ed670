import { expect } from "chai";
import type { Kind, SimilarityLoss } from "../../lib/contracts/index.js";
import type { DistanceName } from "../../lib/distances/index.js";
import { Random } from "../../lib/random.js";
import { expectClose } from "./close.js";
import { centralDifferences, type Matrix } from "./gradient.js";
import { judge, randomRows, type PlainMemory } from "./loss.js";
import { plainMatrix } from "./plain-distance.js";
import { masksOf, masksOfMemory, type Mask, type PlainMasks } from "./plain-masks.js";

/** What a loss in plain loops sees of a batch. */
export interface PlainDistances extends PlainMasks {
  readonly distances: Matrix;
  /** Similarities of the distance. */
  readonly similarities: Matrix;
  /** Groups of the rows. */
  readonly groups: readonly number[];
  /** False against a memory. */
  readonly within: boolean;
}

/** How a loss is compared with plain loops. */
export interface PlainLoops {
  readonly make: (distance: DistanceName) => SimilarityLoss<Kind>;
  readonly plain: (batch: PlainDistances) => number;
  /** Default cosine, euclidean, dot-product. */
  readonly distances?: readonly DistanceName[];
  /** Default: groups of one, two and three. */
  readonly groups?: readonly number[];
  /** Whether it is also compared against a memory. Default true. */
  readonly memory?: boolean;
}

const SIMILARITIES: Readonly<Record<string, (distance: number) => number>> = {
  cosine: (d) => 1 - d,
  "dot-product": (d) => -d,
};

function seen(name: DistanceName, rows: Matrix, others: Matrix): Pick<PlainDistances, "distances" | "similarities"> {
  const distances = plainMatrix(name, rows, others);
  const similarity = SIMILARITIES[name] ?? ((d: number) => 1 / (1 + d));
  return { distances, similarities: distances.map((row) => row.map(similarity)) };
}

/** Tests that value and gradient are those of plain loops, within a batch and against a memory. */
export function itEqualsPlainLoops({
  make,
  plain,
  distances = ["cosine", "euclidean", "dot-product"],
  groups = [0, 0, 0, 1, 1, 2, 3, 3, 3, 4],
  memory = true,
}: PlainLoops): void {
  for (const distance of distances) {
    const random = new Random(distance);
    const rows = randomRows(random, groups.length, 4);

    it(`equals plain loops, value and gradient: ${distance}`, () => {
      const value = (at: Matrix): number =>
        plain({ ...seen(distance, at, at), ...masksOf(groups), groups, within: true });
      const found = judge(make(distance), { embeddings: rows, targets: { groups } });
      expectClose(found.value, value(rows));
      expectSlope(found.gradient, centralDifferences(value, rows, 1e-6));
    });

    if (memory) {
      it(`equals plain loops against a memory: ${distance}`, () => {
        const remembered: PlainMemory = {
          embeddings: randomRows(random, 7, 4),
          groups: [0, 0, 1, 2, 3, 2, 1],
          valid: [1, 1, 1, 1, 1, 0, 0],
        };
        const value = (at: Matrix): number =>
          plain({
            ...seen(distance, at, remembered.embeddings),
            ...masksOfMemory(groups, remembered),
            groups,
            within: false,
          });
        const found = judge(make(distance), { embeddings: rows, targets: { groups }, memory: remembered });
        expectClose(found.value, value(rows));
        expectSlope(found.gradient, centralDifferences(value, rows, 1e-6));
      });
    }
  }
}

function expectSlope(found: readonly number[], wanted: readonly number[]): void {
  const largest = Math.max(...wanted.map(Math.abs));
  expect(largest).to.be.greaterThan(1e-4);
  expectClose(found, wanted, { relative: 1e-3, absolute: 1e-6 + 1e-4 * largest, what: "gradient" });
}

/** The values of a row for which the mask holds. */
export const heldBy = (row: readonly number[], mask: Mask, a: number): number[] => row.filter((_, at) => mask(a, at));

/** `log Σ exp(value)`; 0 of nothing. */
export const plainLogSum = (values: readonly number[]): number => {
  if (values.length === 0) return 0;
  const top = Math.max(...values);
  return top + Math.log(values.reduce((sum, value) => sum + Math.exp(value - top), 0));
};

/** 0 of nothing. */
export const meanOf = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/** The mean of those above zero. */
export const meanOfCosting = (values: readonly number[]): number => meanOf(values.filter((value) => value > 1e-12));
