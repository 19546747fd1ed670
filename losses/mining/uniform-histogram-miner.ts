import { refuse, savedOptions, unknownOptions, wholeNumber } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import type { PairMasks } from "../../lib/tensor/masks.js";
import { addIntoRows } from "../../lib/tensor/row-order.js";
import * as tf from "../../lib/tensor/tf.js";
import { Miner, type Mined, type MiningContext } from "./miner.js";
import { farthest, nearest } from "./in-rows.js";

const KEYS = ["bins", "positivesPerBin", "negativesPerBin"] as const;

/** Options of `UniformHistogramMiner`. */
export interface UniformHistogramMinerOptions {
  /** Equal parts of the range of distances, for positives and negatives each. Default 100. */
  readonly bins?: number;
  /** How many positive pairs of a bin are taken, on average; all when it has no more. Default 10. */
  readonly positivesPerBin?: number;
  /** The same for negative pairs. Default 10. */
  readonly negativesPerBin?: number;
}

/**
 * Pairs drawn at random so that all distances occur alike: the range of distances in the batch is cut into bins, and in each bin every
 * pair is taken with the same chance, so that on average a fixed number is. The numbers are drawn from the trainer's seed. `O(n m)`.
 */
export class UniformHistogramMiner extends Miner {
  /** Name it is saved by. */
  static readonly type = "UniformHistogramMiner";
  readonly #options: Required<UniformHistogramMinerOptions>;

  constructor(options: UniformHistogramMinerOptions = {}) {
    super();
    const { bins = 100, positivesPerBin = 10, negativesPerBin = 10 } = options;
    refuse("UniformHistogramMiner", [
      ...unknownOptions(options, KEYS),
      wholeNumber("bins", bins, 1),
      wholeNumber("positivesPerBin", positivesPerBin, 1),
      wholeNumber("negativesPerBin", negativesPerBin, 1),
    ]);
    this.#options = Object.freeze({ bins, positivesPerBin, negativesPerBin });
  }

  static from(config: JsonObject): UniformHistogramMiner {
    return new UniformHistogramMiner(savedOptions<UniformHistogramMinerOptions>("UniformHistogramMiner", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options };
  }

  override mine(distances: tf.Tensor2D, { positives, negatives }: PairMasks, { noise }: MiningContext): Mined {
    const { bins, positivesPerBin, negativesPerBin } = this.#options;
    const some = (mask: tf.Tensor2D, perBin: number): tf.Tensor2D => {
      const chance = chances(distances, mask, bins, perBin);
      return tf.mul(mask, tf.step(tf.sub(chance, noise.uniform(mask.shape))));
    };
    return { positives: some(positives, positivesPerBin), negatives: some(negatives, negativesPerBin) };
  }
}

/** `[n, m]`, with which chance a pair of the mask is taken. */
function chances(distances: tf.Tensor2D, mask: tf.Tensor2D, bins: number, perBin: number): tf.Tensor2D {
  const low = tf.min(nearest(distances, mask));
  const range = tf.sub(tf.max(farthest(distances, mask)), low);
  const place = tf.div(tf.mul(tf.sub(distances, low), bins), tf.maximum(range, 1e-12));
  const bin = tf.cast(tf.minimum(tf.relu(tf.floor(place)), bins - 1), "int32") as tf.Tensor2D;
  const counts = tf.sum<tf.Tensor1D>(addIntoRows(mask, bin, bins), 0);
  return tf.gather(tf.div(perBin, tf.maximum(counts, 1)), bin);
}
