import { atLeast, oneOf, refuse, savedOptions, unknownOptions } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import type { PairMasks } from "../../lib/tensor/masks.js";
import * as tf from "../../lib/tensor/tf.js";
import { Miner, type Mined } from "./miner.js";
import { including, tripletCounts } from "./triplet-counts.js";

const KEYS = ["margin", "triplets"] as const;
const TRIPLETS = ["all", "hard", "semi-hard", "easy"] as const;

/** Options of `TripletMarginMiner`. */
export interface TripletMarginMinerOptions {
  /** In the scale of the loss's distance. Default 0.2. */
  readonly margin?: number;
  /** Which triplets are taken; see `TripletMarginMiner`. Default "all". */
  readonly triplets?: (typeof TRIPLETS)[number];
}

/**
 * Every triplet whose negative is not farther than the positive by more than the margin. Of `g = d(a, n) - d(a, p)`:
 * - `"all"`: `g ≤ margin`
 * - `"hard"`: `g ≤ 0`, the negative is nearer
 * - `"semi-hard"`: `0 < g ≤ margin`
 * - `"easy"`: `g > margin`, what the others leave
 *
 * For losses of pairs, a pair counts once for each of its triplets. Sorts rows, never lists triplets: `O(n m log m)`.
 *
 * Schroff, Kalenichenko, Philbin, "FaceNet", CVPR 2015.
 */
export class TripletMarginMiner extends Miner {
  /** Name it is saved by. */
  static readonly type = "TripletMarginMiner";
  readonly #options: Required<TripletMarginMinerOptions>;

  constructor(options: TripletMarginMinerOptions = {}) {
    super();
    const { margin = 0.2, triplets = "all" } = options;
    refuse("TripletMarginMiner", [
      ...unknownOptions(options, KEYS),
      atLeast("margin", margin, 0),
      oneOf("triplets", triplets, TRIPLETS),
    ]);
    this.#options = Object.freeze({ margin, triplets });
  }

  static from(config: JsonObject): TripletMarginMiner {
    return new TripletMarginMiner(savedOptions<TripletMarginMinerOptions>("TripletMarginMiner", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options };
  }

  override mine(distances: tf.Tensor2D, masks: PairMasks): Mined {
    const { margin, triplets } = this.#options;
    const moved = tf.add<tf.Tensor2D>(distances, margin);
    const upTo = triplets === "hard" ? distances : moved;
    const near = tripletCounts(including(upTo), distances, masks);
    switch (triplets) {
      case "all":
      case "hard":
        return { ...pairsOf(near, masks), triplets: { of: masks, upTo } };
      case "semi-hard": {
        const hard = tripletCounts(including(distances), distances, masks);
        return { ...pairsOf(tf.sub(near, hard), masks), triplets: { of: masks, above: distances, upTo } };
      }
      case "easy": {
        const { positives, negatives } = masks;
        const all = tf.sub<tf.Tensor2D>(
          tf.mul(positives, tf.sum(negatives, 1, true)),
          tf.mul(negatives, tf.sum(positives, 1, true)),
        );
        return { ...pairsOf(tf.sub(all, near), masks), triplets: { of: masks, above: moved } };
      }
      default:
        return triplets satisfies never;
    }
  }
}

function pairsOf(counts: tf.Tensor2D, { positives, negatives }: PairMasks): PairMasks {
  return { positives: tf.mul(counts, positives), negatives: tf.mul(tf.neg(counts), negatives) };
}
