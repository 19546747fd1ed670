import * as tf from "likewise/tf";
import type { Miner } from "likewise/miners";
import type { Distance } from "../../../lib/contracts/index.js";
import { Random } from "../../../lib/random.js";
import { masksAgainst, masksWithin } from "../../../lib/tensor/masks.js";
import type { Matrix } from "../../support/gradient.js";
import { noiseOf } from "../../support/part.js";

/** Rows with their groups, and what they are compared with when that is not the batch itself. */
export interface PlainComparison {
  readonly rows: Matrix;
  readonly groups: readonly number[];
  readonly others?: { readonly rows: Matrix; readonly groups: readonly number[]; readonly valid?: readonly number[] };
}

/** What a miner chose, as plain numbers. */
export interface Choice {
  readonly distances: number[][];
  readonly positives: number[][];
  readonly negatives: number[][];
  readonly above: number[][] | null;
  readonly upTo: number[][] | null;
  readonly negative: number[][] | null;
  readonly listed: {
    readonly positives: number[][];
    readonly negatives: number[][];
    readonly counts: number[][];
  } | null;
}

/** Runs a miner; leaves no tensor. */
export function mine(
  miner: Miner,
  distance: Distance,
  { rows, groups, others }: PlainComparison,
  seed: string | number = "noise",
): Choice {
  let found: Choice | undefined;
  tf.tidy(() => {
    const left = tf.tensor2d(rows.map((row) => [...row]));
    const own = tf.tensor1d([...groups], "int32");
    const right = others ? tf.tensor2d(others.rows.map((row) => [...row])) : left;
    const masks = others
      ? masksAgainst(
          own,
          tf.tensor1d([...others.groups], "int32"),
          tf.tensor1d([...(others.valid ?? others.groups.map(() => 1))], "float32"),
        )
      : masksWithin(own);
    const distances = distance.matrix(left, right);
    const noise = noiseOf(new Random(seed));
    const {
      positives,
      negatives,
      triplets = {},
    } = miner.mine(distances, masks, {
      rows: left,
      columns: right,
      distance,
      noise,
    });
    const plain = (tensor?: tf.Tensor2D): number[][] | null => tensor?.arraySync() ?? null;
    found = {
      distances: distances.arraySync(),
      positives: positives.arraySync(),
      negatives: negatives.arraySync(),
      above: plain(triplets.above),
      upTo: plain(triplets.upTo),
      negative: plain(triplets.negative),
      listed: triplets.listed
        ? {
            positives: triplets.listed.positives.arraySync(),
            negatives: triplets.listed.negatives.arraySync(),
            counts: triplets.listed.counts.arraySync(),
          }
        : null,
    };
  });
  return found as Choice;
}

/** Counts of pairs as a matrix. */
export function counted(rows: readonly number[], columns: readonly number[], n: number, m: number): number[][] {
  const matrix = Array.from({ length: n }, () => new Array<number>(m).fill(0));
  rows.forEach((row, at) => ((matrix[row] as number[])[columns[at] as number]! += 1));
  return matrix;
}
