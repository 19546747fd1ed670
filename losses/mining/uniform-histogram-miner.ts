import { refuse, savedOptions, unknownOptions, wholeNumber } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import type { PairMasks } from "../../lib/tensor/masks.js";
import { inTurn } from "../../lib/tensor/in-turn.js";
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
    const some = (mask: tf.Tensor2D, perBin: number): tf.Tensor2D =>
      inTurn(
        chances(distances, mask, bins, perBin),
        (held) => tf.tidy(() => tf.sub(held, noise.uniform(mask.shape))),
        (held) => tf.step(held),
        (held) => tf.mul<tf.Tensor2D>(held, mask),
      );
    return { positives: some(positives, positivesPerBin), negatives: some(negatives, negativesPerBin) };
  }
}

/** `[n, m]`, with which chance a pair of the mask is taken. */
function chances(distances: tf.Tensor2D, mask: tf.Tensor2D, bins: number, perBin: number): tf.Tensor2D {
  const low = tf.tidy(() => tf.min(nearest(distances, mask)));
  const range = tf.tidy(() => tf.sub(tf.max(farthest(distances, mask)), low));
  const bin = inTurn(
    tf.sub<tf.Tensor2D>(distances, low),
    (held) => tf.mul(held, bins),
    (held) => tf.div(held, tf.maximum(range, 1e-12)),
    (held) => tf.floor(held),
    (held) => tf.relu(held),
    (held) => tf.minimum(held, bins - 1),
    (held) => tf.cast(held, "int32"),
  );
  const counts = tf.tidy(() => tf.sum<tf.Tensor1D>(addIntoRows(mask, bin, bins), 0));
  const chance = tf.gather(tf.div(perBin, tf.maximum(counts, 1)), bin) as tf.Tensor2D;
  bin.dispose();
  return chance;
}
