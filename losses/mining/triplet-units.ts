import type { PairMasks } from "../../lib/tensor/masks.js";
import * as tf from "../../lib/tensor/tf.js";
import { withoutGradient } from "../../lib/tensor/without-gradient.js";
import type { TripletChoice } from "./miner.js";
import { excluding, including, tripletCounts } from "./triplet-counts.js";
import type { Units } from "./units.js";

/**
 * `max(0, d(a, p) - d(a, n) + margin)` for every triplet, summed for each anchor: `[n]`. Of the `n m²` triplets none is looked at
 * one by one; see `tripletCounts`.
 *
 * @param masks 0 or 1.
 */
export class TripletUnits implements Units {
  readonly #distances: tf.Tensor2D;
  readonly #masks: PairMasks;
  readonly #margin: number;
  readonly #choice: TripletChoice;
  readonly #low: number;
  readonly #high: number;
  #sums: { totals: tf.Tensor1D; counts: tf.Tensor1D } | null = null;

  constructor(
    distances: tf.Tensor2D,
    masks: PairMasks,
    margin: number,
    choice: TripletChoice = {},
    [low, high]: readonly [number, number] = [-Infinity, Infinity],
  ) {
    this.#distances = distances;
    this.#masks = masks;
    this.#margin = margin;
    this.#choice = choice;
    this.#low = low;
    this.#high = high;
  }

  get totals(): tf.Tensor1D {
    return this.#summed().totals;
  }

  get counts(): tf.Tensor1D {
    return this.#summed().counts;
  }

  between(low: number, high: number): Units {
    const bounds = [Math.max(low, this.#low), Math.min(high, this.#high)] as const;
    return new TripletUnits(this.#distances, this.#masks, this.#margin, this.#choice, bounds);
  }

  #summed(): { totals: tf.Tensor1D; counts: tf.Tensor1D } {
    if (this.#sums !== null) return this.#sums;
    const { counts, costing, slopes } = withoutGradient(() => this.#counted());
    const gaps = tf.sum<tf.Tensor1D>(tf.mul(this.#distances, slopes), 1);
    const totals = tf.add<tf.Tensor1D>(gaps, tf.mul(costing, this.#margin));
    this.#sums = { totals, counts };
    return this.#sums;
  }

  /** Per anchor how many triplets there are and how many of them cost something, and the derivative of what they cost. */
  #counted(): { counts: tf.Tensor1D; costing: tf.Tensor1D; slopes: tf.Tensor2D } {
    const { positives, negatives } = this.#masks;
    const d = this.#distances;
    const { above, upTo } = this.#choice;
    /** Negatives nearer than this have a loss above `loss`. */
    const reach = (loss: number): tf.Tensor2D => tf.add(d, this.#margin - loss);
    const floor = larger(above && including(above), this.#high < Infinity ? including(reach(this.#high)) : undefined);
    const below = this.#low >= 0 ? excluding(reach(this.#low)) : undefined;
    const ceiling = smaller(upTo && including(upTo), below);
    const costly = excluding(reach(Math.max(0, this.#low)));
    const ofFloor = floor && tripletCounts(floor, d, this.#masks);
    const countsTo = (bound: tf.Tensor2D): tf.Tensor2D => {
      const counts = tripletCounts(floor ? tf.maximum(bound, floor) : bound, d, this.#masks);
      return ofFloor ? tf.sub(counts, ofFloor) : counts;
    };
    const perAnchor = (counts: tf.Tensor2D): tf.Tensor1D => tf.sum(tf.mul(counts, positives), 1);
    const slopes = countsTo(smaller(upTo && including(upTo), costly) ?? costly);
    const costing = perAnchor(slopes);
    if (this.#low >= 0) return { counts: costing, costing, slopes };
    if (ceiling) return { counts: perAnchor(countsTo(ceiling)), costing, slopes };
    const all = tf.mul(tf.sum(positives, 1), tf.sum(negatives, 1)) as tf.Tensor1D;
    return { counts: ofFloor ? tf.sub(all, perAnchor(ofFloor)) : all, costing, slopes };
  }
}

function larger(left?: tf.Tensor2D, right?: tf.Tensor2D): tf.Tensor2D | undefined {
  return left && right ? tf.maximum(left, right) : (left ?? right);
}

function smaller(left?: tf.Tensor2D, right?: tf.Tensor2D): tf.Tensor2D | undefined {
  return left && right ? tf.minimum(left, right) : (left ?? right);
}
