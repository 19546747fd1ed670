import { above, refuse, savedOptions, unknownOptions } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import { inTurn } from "../../lib/tensor/in-turn.js";
import type { PairMasks } from "../../lib/tensor/masks.js";
import * as tf from "../../lib/tensor/tf.js";
import { beyond, FAR, nearest } from "./in-rows.js";
import { Miner, type Mined } from "./miner.js";

const KEYS = ["share"] as const;

/** Halvings of the range of distances: what is left of it is less than the last place of a float32. */
const HALVINGS = 26;

/** Options of `HDCMiner`. */
export interface HDCMinerOptions {
  /** Which part of the positive pairs, and of the negative pairs, is taken; above 0, up to 1. Default 0.5. */
  readonly share?: number;
}

/**
 * The hardest share of all pairs of the batch: of the positive ones those that are farthest apart, of the negative ones those that are
 * nearest, wherever their rows are; rounded up to whole pairs. Of pairs that are equally far up to rounding the first are taken.
 *
 * The distance that parts them is found by halving, without a sort: `O(n m)`.
 *
 * Yuan, Yang, Zhang, "Hard-Aware Deeply Cascaded Embedding", ICCV 2017.
 */
export class HDCMiner extends Miner {
  /** Name it is saved by. */
  static readonly type = "HDCMiner";
  readonly #share: number;

  constructor(options: HDCMinerOptions = {}) {
    super();
    const { share = 0.5 } = options;
    refuse("HDCMiner", [
      ...unknownOptions(options, KEYS),
      above("share", share, 0),
      share > 1 ? `share: expected at most 1, which is all pairs, got ${share}` : null,
    ]);
    this.#share = share;
  }

  static from(config: JsonObject): HDCMiner {
    return new HDCMiner(savedOptions<HDCMinerOptions>("HDCMiner", config, KEYS));
  }

  override get config(): JsonObject {
    return { share: this.#share };
  }

  override mine(distances: tf.Tensor2D, { positives, negatives }: PairMasks): Mined {
    const hardest = (values: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor2D =>
      tf.tidy(() => largestOf(values, mask, this.#share));
    return { positives: hardest(distances, positives), negatives: hardest(tf.neg(distances), negatives) };
  }
}

/** `[n, m]`, 1 at the largest values among all that are in the mask. */
function largestOf(values: tf.Tensor2D, mask: tf.Tensor2D, share: number): tf.Tensor2D {
  const wanted = tf.tidy(() => {
    const exact = tf.mul(total(mask), share);
    return tf.ceil(tf.sub(exact, tf.mul(exact, 2e-7))); // or rounding would make three of .2 · 10
  });
  // What is not in the mask lies below every bound.
  const inMask = beyond(values, mask, -FAR);
  const above = (bound: tf.Tensor): tf.Tensor2D => inTurn(tf.sub<tf.Tensor2D>(inMask, bound), (held) => tf.step(held));
  let high: tf.Tensor = tf.max(tf.max(inMask, 1));
  let low: tf.Tensor = tf.tidy(() => {
    const smallest = tf.min(nearest(values, mask));
    const scale = tf.maximum(tf.abs(smallest), tf.abs(high));
    return tf.sub(smallest, tf.add(tf.mul(scale, 1e-6), 1e-30));
  });
  for (let halving = 0; halving < HALVINGS; halving += 1) {
    [low, high] = tf.tidy(() => {
      const middle = tf.mul(tf.add(low, high), 0.5);
      const enough = tf.step(tf.add(tf.sub(total(above(middle)), wanted), 0.5));
      const move = (end: tf.Tensor, by: tf.Tensor): tf.Tensor => tf.add(end, tf.mul(tf.sub(middle, end), by));
      return [move(low, enough), move(high, tf.sub(1, enough))];
    });
  }
  const sure = above(high);
  const equal = inTurn(above(low), (held) => tf.sub(held, sure));
  const places = tf.tidy(() => {
    const inRow = tf.sum<tf.Tensor2D>(equal, 1, true);
    const before = tf.sub(tf.cumsum(inRow, 0), inRow); // of the rows above
    const left = tf.sub(tf.sub(wanted, total(sure)), before);
    return inTurn(
      tf.cumsum<tf.Tensor2D>(equal, 1),
      (held) => tf.sub(tf.add(left, 0.5), held),
      (held) => tf.step(held),
    );
  });
  return tf.add(sure, tf.mul(equal, places));
}

/** Row by row first, because float32 counts no further than 2^24 one by one. */
function total(mask: tf.Tensor2D): tf.Tensor {
  return tf.sum(tf.sum(mask, 1));
}
