import type { Distance } from "../../lib/contracts/distance.js";
import { inTurn } from "../../lib/tensor/in-turn.js";
import type { PairMasks } from "../../lib/tensor/masks.js";
import { addIntoRows, takeFromRows } from "../../lib/tensor/row-order.js";
import * as tf from "../../lib/tensor/tf.js";
import { withoutGradient } from "../../lib/tensor/without-gradient.js";
import type { Comparison } from "./comparison.js";
import { farthestColumns } from "./in-rows.js";
import type { TripletChoice } from "./miner.js";
import { costOf, slopeOf, type TripletCost } from "./triplet-cost.js";
import { including } from "./triplet-counts.js";
import type { Units } from "./units.js";

/** Numbers in the largest intermediate: 32 MiB. */
const BLOCK = 1 << 23;
/** Triplets that are looked at unless it is said how many positives; 64 million. */
const TRIPLETS = 1 << 26;
/** Positives of a row that are looked at even so. */
const LEAST = 16;

/** What `BlockedTripletUnits` judges. */
export interface EveryTriplet {
  readonly comparison: Comparison;
  /** 0 or 1. */
  readonly masks: PairMasks;
  /** Which of the triplets that the masks make count. */
  readonly choice: TripletChoice;
  readonly cost: TripletCost;
  /** Take the negative from the positive where that is nearer to it than the anchor is. */
  readonly swap: boolean;
  /** Positives of a row that are looked at; null: as many as make 64 million triplets, 16 or more. */
  readonly positives: number | null;
}

/** What the blocks are cut from. All of it is saved for the way back. */
type Looked = {
  /** `[n, count]` int32, the positives that are looked at. */
  readonly columns: tf.Tensor2D;
  /** `[n, count]`, 1 where there is one. */
  readonly there: tf.Tensor2D;
  /** `[n, count]`, bounds of the negatives' distances. */
  readonly above?: tf.Tensor2D;
  readonly upTo?: tf.Tensor2D;
  /** `[n, m]`, 0 or 1. */
  readonly negatives: tf.Tensor2D;
  /** `[m, d]`, remembered rows, to compare positives with negatives. */
  readonly remembered?: tf.Tensor2D;
};

/** Some anchors. */
type Part = readonly [start: number, height: number];

/**
 * Triplets that no sort can sum, because what one costs does not grow in proportion to its distances, or because it depends on the
 * distance from positive to negative: summed for each anchor, `[n]`. They are looked at one by one in blocks of 32 MiB, of each anchor
 * those of its farthest positives: `O(n m)` time for each positive, and `O(n m)` memory. They are computed once more on the way back.
 */
export class BlockedTripletUnits implements Units {
  readonly #of: EveryTriplet;
  readonly #bounds: readonly [low: number, high: number];
  readonly #looked: Looked;
  #sums: { totals: tf.Tensor1D; counts: tf.Tensor1D } | null = null;

  constructor(of: EveryTriplet, bounds: readonly [number, number] = [-Infinity, Infinity], looked?: Looked) {
    this.#of = of;
    this.#bounds = bounds;
    this.#looked = looked ?? lookedAt(of);
  }

  get totals(): tf.Tensor1D {
    return this.#summed().totals;
  }

  get counts(): tf.Tensor1D {
    return this.#summed().counts;
  }

  between(low: number, high: number): Units {
    const bounds = [Math.max(low, this.#bounds[0]), Math.min(high, this.#bounds[1])] as const;
    return new BlockedTripletUnits(this.#of, bounds, this.#looked);
  }

  #summed(): { totals: tf.Tensor1D; counts: tf.Tensor1D } {
    if (this.#sums !== null) return this.#sums;
    const looked = this.#looked;
    const sums = tf.customGrad((given, save) => {
      (save as tf.GradSaveFunc)([given as tf.Tensor, ...Object.values(looked)]);
      return {
        value: tf.tidy(() => this.#forward(given as tf.Tensor2D, looked)),
        gradFunc: (dy: tf.Tensor, [distances, ...saved]: tf.Tensor[]) => {
          const again = Object.fromEntries(Object.keys(looked).map((name, at) => [name, saved[at]])) as Looked;
          const ofTotals = tf.slice(dy, [0, 0], [1, dy.shape[1] as number]);
          return [tf.tidy(() => this.#backward(distances as tf.Tensor2D, again, ofTotals))];
        },
      };
    })(this.#of.comparison.matrix);
    const n = sums.shape[1] as number;
    const row = (at: number): tf.Tensor1D => tf.reshape(tf.slice(sums, [at, 0], [1, n]), [n]);
    this.#sums = { totals: row(0), counts: withoutGradient(() => row(1)) };
    return this.#sums;
  }

  /** `[2, n]`, what the triplets of each anchor cost together, and how many they are. */
  #forward(distances: tf.Tensor2D, looked: Looked): tf.Tensor2D {
    const blocks: tf.Tensor2D[] = [];
    let before: tf.Tensor = tf.scalar(0);
    for (const [start, height] of this.#blocks()) {
      const sums = tf.tidy(() => {
        const { gaps, counted, there } = this.#block(distances, looked, [start, height], before);
        const perPositive = (sizes: tf.Tensor): tf.Tensor => tf.sum(tf.mul(tf.sum(sizes, 2), there), 1);
        return tf.stack([
          perPositive(tf.mul(costOf(gaps, this.#of.cost), counted)),
          perPositive(counted),
        ]) as tf.Tensor2D;
      });
      before = zeroAfter(sums);
      blocks.push(sums);
    }
    return tf.concat(blocks, 1);
  }

  /** By the distances, given the derivatives `[1, n]` by the costs of each anchor. */
  #backward(distances: tf.Tensor2D, looked: Looked, dy: tf.Tensor): tf.Tensor2D {
    const [n, m] = distances.shape;
    const { comparison, cost } = this.#of;
    const blocks: tf.Tensor2D[] = [];
    let among: tf.Tensor2D | null = null;
    let before: tf.Tensor = zeroAfter(dy);
    for (const [start, height] of this.#blocks()) {
      const [rows, swapped] = tf.tidy(() => {
        const { gaps, counted, there, columns, nearer } = this.#block(distances, looked, [start, height], before);
        const of = tf.mul(there, tf.reshape(tf.slice(dy, [0, start], [1, height]), [height, 1])); // [height, count]
        const slopes = tf.mul(tf.mul(slopeOf(gaps, cost), counted), tf.expandDims(of, 2));
        const onPositives = addIntoRows(tf.sum<tf.Tensor2D>(slopes, 2), columns, m);
        if (nearer === null) return [tf.sub<tf.Tensor2D>(onPositives, tf.sum(slopes, 1))] as const;
        const taken = tf.mul(slopes, nearer);
        const own = tf.sub<tf.Tensor2D>(onPositives, tf.sum(tf.sub(slopes, taken), 1));
        if (!comparison.within) return [own] as const;
        const ids = tf.reshape(columns, [-1]) as tf.Tensor1D;
        return [own, tf.unsortedSegmentSum(tf.reshape(taken, [-1, m]), ids, n) as tf.Tensor2D] as const;
      });
      if (swapped !== undefined) {
        among = among === null ? swapped : inTurn(among, (held) => tf.add(held, swapped));
        if (among !== swapped) swapped.dispose();
      }
      before = zeroAfter(among === null ? rows : tf.concat([rows, tf.slice(among, [0, 0], [1, m])], 0));
      blocks.push(rows);
    }
    const all = tf.concat(blocks, 0);
    return among === null ? all : tf.sub(all, among);
  }

  /** Of some anchors, with each of the `count` positives and every column: `[height, count, m]`. */
  #block(distances: tf.Tensor2D, looked: Looked, [start, height]: Part, before: tf.Tensor) {
    const { comparison, swap } = this.#of;
    const [low, high] = this.#bounds;
    const part = (matrix: tf.Tensor2D): tf.Tensor2D => tf.slice(matrix, [start, 0], [height, matrix.shape[1]]);
    const columns = tf.add<tf.Tensor2D>(part(looked.columns), tf.cast(before, "int32"));
    const there = tf.add<tf.Tensor2D>(part(looked.there), before);
    const count = columns.shape[1];
    const own = part(distances); // [height, m]
    const toNegatives = tf.expandDims(own, 1);
    const toPositives = tf.expandDims(takeFromRows(own, columns), 2);
    const among = swap
      ? tf.reshape(amongOf(comparison.distance, looked.remembered, distances, columns), [height, count, own.shape[1]])
      : null;
    // What among is farther than own; with it the smaller one, because a minimum that broadcasts is a hundred times slower on wasm.
    const farther = among === null ? null : tf.sub(among, toNegatives);
    const gaps = (
      among === null || farther === null
        ? tf.sub(toPositives, toNegatives)
        : tf.add(tf.sub(toPositives, among), tf.relu(farther))
    ) as tf.Tensor3D;
    const conditions: tf.Tensor[] = [];
    const { above, upTo } = looked;
    if (above !== undefined) conditions.push(tf.sub(1, tf.step(tf.sub(tf.expandDims(part(above), 2), toNegatives))));
    if (upTo !== undefined) conditions.push(tf.step(tf.sub(tf.expandDims(part(upTo), 2), toNegatives)));
    if (low > -Infinity || high < Infinity) {
      const costs = costOf(gaps, this.#of.cost);
      if (low > -Infinity) conditions.push(tf.step(tf.sub(costs, low)));
      if (high < Infinity) conditions.push(tf.step(tf.sub(high, costs)));
    }
    const counted = conditions.reduce((all, one) => tf.mul(all, one), tf.expandDims(part(looked.negatives), 1));
    const nearer = farther === null ? null : tf.step(tf.neg(farther));
    return { gaps, counted, there, columns, nearer };
  }

  /** Where blocks start, and how many anchors they have. */
  #blocks(): Part[] {
    const [n, count] = this.#looked.columns.shape;
    const [, m] = this.#looked.negatives.shape;
    const step = Math.max(1, Math.floor(BLOCK / (count * m)));
    return Array.from({ length: Math.ceil(n / step) }, (_, block) => [block * step, Math.min(step, n - block * step)]);
  }
}

function lookedAt({ comparison, masks, choice, swap, positives }: EveryTriplet): Looked {
  const [n, m] = masks.positives.shape;
  const count = Math.min(m, positives ?? Math.max(LEAST, Math.floor(TRIPLETS / (n * m))));
  return withoutGradient(() => {
    const columns = farthestColumns(comparison.matrix, masks.positives, count);
    const bound = (of: tf.Tensor2D): tf.Tensor2D => takeFromRows(including(of), columns);
    return {
      columns,
      there: takeFromRows(masks.positives, columns),
      ...(choice.above === undefined ? {} : { above: bound(choice.above) }),
      ...(choice.upTo === undefined ? {} : { upTo: bound(choice.upTo) }),
      negatives: masks.negatives,
      ...(swap && !comparison.within ? { remembered: comparison.columns } : {}),
    };
  });
}

/** `[height * count, m]`, distances from the columns of some positives to all columns. */
function amongOf(
  distance: Distance,
  remembered: tf.Tensor2D | undefined,
  distances: tf.Tensor2D,
  columns: tf.Tensor2D,
): tf.Tensor {
  const places = tf.reshape(columns, [-1]) as tf.Tensor1D;
  return remembered === undefined
    ? tf.gather(distances, places)
    : distance.matrix(tf.gather(remembered, places), remembered);
}

/** Always 0; makes the next block wait for this one, so that an engine does not hold them all at once. */
function zeroAfter(found: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.cast(tf.less(tf.max(tf.abs(found)), 0), "float32"));
}
