import { refuse, savedOptions, unknownOptions, wholeNumber } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import type { PairMasks } from "../../lib/tensor/masks.js";
import { addIntoRows, takeFromRows } from "../../lib/tensor/row-order.js";
import * as tf from "../../lib/tensor/tf.js";
import { Miner, type Mined, type MiningContext } from "./miner.js";

const KEYS = ["perAnchor"] as const;

/** Multiples of it lie evenly between whole numbers. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Options of `RandomTripletMiner`. */
export interface RandomTripletMinerOptions {
  /** Triplets of each anchor that has a positive and a negative. Default 100. */
  readonly perAnchor?: number;
}

/**
 * So many triplets of each anchor, drawn at random, each triplet of the anchor with the same chance: what a loss says of them is on
 * average what it says of all, at less noise the more there are, and anchors of small and large groups count the same. The numbers are
 * drawn from the trainer's seed.
 *
 * The positives of an anchor are drawn in turn (systematic sampling), so that none comes twice while there are enough; negatives may
 * come twice. `O(n m)`.
 */
export class RandomTripletMiner extends Miner {
  /** Name it is saved by. */
  static readonly type = "RandomTripletMiner";
  readonly #perAnchor: number;

  constructor(options: RandomTripletMinerOptions = {}) {
    super();
    const { perAnchor = 100 } = options;
    refuse("RandomTripletMiner", [...unknownOptions(options, KEYS), wholeNumber("perAnchor", perAnchor, 1)]);
    this.#perAnchor = perAnchor;
  }

  static from(config: JsonObject): RandomTripletMiner {
    return new RandomTripletMiner(savedOptions<RandomTripletMinerOptions>("RandomTripletMiner", config, KEYS));
  }

  override get config(): JsonObject {
    return { perAnchor: this.#perAnchor };
  }

  override mine(_distances: tf.Tensor2D, masks: PairMasks, { noise }: MiningContext): Mined {
    const [n, m] = masks.positives.shape;
    const count = this.#perAnchor;
    // Both are drawn out here, so that every engine draws them in this order.
    const [offset, free] = [noise.uniform([n, 1]), noise.uniform([n, count])];
    const turns = tf.tidy(() => tf.div(tf.add(tf.range(0, count), offset), count)); // [n, count], 0..1
    const positives = columnsAt(masks.positives, turns as tf.Tensor2D);
    // Turned on each time, so that negatives differ also where a loss is called by hand, without random numbers.
    const turned = tf.tidy(() => {
      const parts = tf.add(free, tf.mul(tf.range(0, count), GOLDEN));
      return tf.sub(parts, tf.floor(parts));
    });
    const negatives = columnsAt(masks.negatives, turned as tf.Tensor2D);
    const counts = tf.tidy(() => {
      const has = (mask: tf.Tensor2D): tf.Tensor => tf.step(tf.sum(mask, 1, true));
      return tf.mul(tf.ones([n, count]), tf.mul(has(masks.positives), has(masks.negatives)));
    }) as tf.Tensor2D;
    return {
      positives: addIntoRows(counts, positives, m),
      negatives: addIntoRows(counts, negatives, m),
      triplets: { listed: { positives, negatives, counts } },
    };
  }
}

/** `[n, k]` int32, the columns that stand at these parts (0..1) of what is in the mask in each row; any for a row without one. */
function columnsAt(mask: tf.Tensor2D, parts: tf.Tensor2D): tf.Tensor2D {
  const [n, m] = mask.shape;
  const ofRank = tf.tidy(() => {
    const rank = tf.cast(tf.relu(tf.sub(tf.cumsum(mask, 1), 1)), "int32") as tf.Tensor2D;
    return addIntoRows(tf.mul(mask, tf.reshape(tf.range(0, m), [1, m])), rank, m);
  });
  return tf.tidy(() => {
    const size = tf.sum(mask, 1, true);
    const last = tf.relu(tf.sub(size, 1));
    const ranks = tf.minimum(tf.floor(tf.mul(parts, size)), tf.mul(last, tf.ones([n, 1])));
    return tf.cast(takeFromRows(ofRank, tf.cast(ranks, "int32") as tf.Tensor2D), "int32");
  }) as tf.Tensor2D;
}
