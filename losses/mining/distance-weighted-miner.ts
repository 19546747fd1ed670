import { above, refuse, savedOptions, unknownOptions } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import type { PairMasks } from "../../lib/tensor/masks.js";
import { addIntoRows, takeFromRows } from "../../lib/tensor/row-order.js";
import * as tf from "../../lib/tensor/tf.js";
import { any, farthest } from "./in-rows.js";
import { Miner, type Mined, type MiningContext } from "./miner.js";
import { squaredUnitDistances } from "./unit-distances.js";

const KEYS = ["cutoff", "farthest"] as const;

/** Options of `DistanceWeightedMiner`; distances are euclidean ones of vectors of length 1, whatever the loss's distance is. */
export interface DistanceWeightedMinerOptions {
  /** Nearer negatives are drawn as if they were that far, so that none is drawn all the time. Default 0.5. */
  readonly cutoff?: number;
  /** Farther negatives are never drawn. Default 1.4. */
  readonly farthest?: number;
}

/**
 * For each pair of an anchor and a positive one negative drawn at random, so that negatives come from all distances alike and not
 * mostly from that at which random points lie: the chance is `1 / q(d)` with
 * `log q(d) = (D - 2) log d + (D - 3) / 2 · log(1 - d² / 4)` in D dimensions. Anchors without a negative nearer than `farthest` are
 * left out. The numbers are drawn from the trainer's seed.
 *
 * The draws of one anchor are spread evenly over the chances (systematic sampling), which leaves each chance what it is and lowers
 * the noise. `O(n m)`.
 *
 * Wu, Manmatha, Smola, Krähenbühl, "Sampling Matters in Deep Embedding Learning", ICCV 2017.
 */
export class DistanceWeightedMiner extends Miner {
  /** Name it is saved by. */
  static readonly type = "DistanceWeightedMiner";
  readonly #options: Required<DistanceWeightedMinerOptions>;

  constructor(options: DistanceWeightedMinerOptions = {}) {
    super();
    const { cutoff = 0.5, farthest: most = 1.4 } = options;
    refuse("DistanceWeightedMiner", [
      ...unknownOptions(options, KEYS),
      above("cutoff", cutoff, 0),
      above("farthest", most, cutoff),
    ]);
    this.#options = Object.freeze({ cutoff, farthest: most });
  }

  static from(config: JsonObject): DistanceWeightedMiner {
    return new DistanceWeightedMiner(savedOptions<DistanceWeightedMinerOptions>("DistanceWeightedMiner", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options };
  }

  override mine(_distances: tf.Tensor2D, masks: PairMasks, { rows, columns, noise }: MiningContext): Mined {
    // Each part leaves one matrix behind.
    const chances = tf.tidy(() => this.#chances(squaredUnitDistances(rows, columns), masks.negatives, rows.shape[1]));
    const [n, m] = chances.shape;
    const positives = tf.tidy(() => tf.mul<tf.Tensor2D>(masks.positives, any(chances)));
    const draws = tf.sum<tf.Tensor2D>(positives, 1, true); // of each anchor, one for each positive
    // Draw k falls on the column in whose part of 0..1 (k + offset) / draws lies; the first draw behind each column:
    const offset = noise.uniform([n, 1]);
    const end = tf.tidy(() => {
      const summed = tf.cumsum(chances, 1) as tf.Tensor2D;
      const whole = tf.slice(summed, [0, m - 1], [n, 1]);
      const share = tf.div(summed, tf.add(whole, tf.sub(1, tf.step(whole))));
      return tf.relu(tf.ceil(tf.sub(tf.mul(share, draws), offset))) as tf.Tensor2D;
    });
    const negatives = tf.tidy(() => {
      const start = tf.pad(tf.slice(end, [0, 0], [n, m - 1]), [
        [0, 0],
        [1, 0],
      ]);
      return tf.mul(tf.sub(end, start), tf.step(draws)) as tf.Tensor2D;
    });
    const columnOfDraw = tf.tidy(() => {
      const ends = addIntoRows(tf.onesLike(end), tf.cast(end, "int32") as tf.Tensor2D, m + 1);
      return tf.minimum<tf.Tensor2D>(tf.cumsum(ends, 1), m - 1);
    });
    // Positives take the draws in turn, beginning anywhere.
    const first = noise.uniform([n, 1]);
    const negative = tf.tidy(() => {
      const turn = tf.add(tf.relu(tf.sub(tf.cumsum(positives, 1), 1)), tf.floor(tf.mul(first, draws)));
      const draw = tf.sub(turn, tf.mul(draws, tf.step(tf.add(tf.sub(turn, draws), 0.5))));
      return takeFromRows(columnOfDraw, tf.cast(tf.relu(draw), "int32") as tf.Tensor2D);
    });
    return { positives, negatives, triplets: { negative } };
  }

  /** `[n, m]`, proportional in each row; 0 where none is drawn. */
  #chances(squared: tf.Tensor2D, negatives: tf.Tensor2D, size: number): tf.Tensor2D {
    const { cutoff, farthest: most } = this.#options;
    const near = tf.mul<tf.Tensor2D>(negatives, tf.step(tf.sub(Math.min(most, 2) ** 2, squared)));
    const clipped = tf.maximum(squared, cutoff ** 2);
    const opposite = tf.maximum(tf.sub(1, tf.mul(clipped, 0.25)), 1e-7);
    const logarithms = tf.sub<tf.Tensor2D>(
      tf.mul(tf.log(clipped), (2 - size) / 2),
      tf.mul(tf.log(opposite), (size - 3) / 2),
    );
    return tf.mul(near, tf.exp(tf.minimum(tf.sub(logarithms, farthest(logarithms, near)), 0)));
  }
}
