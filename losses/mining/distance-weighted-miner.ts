import { above, refuse, savedOptions, unknownOptions } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import type { PairMasks } from "../../lib/tensor/masks.js";
import { inTurn } from "../../lib/tensor/in-turn.js";
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
    const summed = inTurn(chances, (held) => tf.cumsum<tf.Tensor2D>(held, 1));
    const whole = tf.slice(summed, [0, m - 1], [n, 1]);
    const end = inTurn(
      summed,
      (held) => tf.div(held, tf.add(whole, tf.sub(1, tf.step(whole)))),
      (held) => tf.mul(held, draws),
      (held) => tf.sub(held, offset),
      (held) => tf.ceil(held),
      (held) => tf.relu<tf.Tensor2D>(held),
    );
    const negatives = tf.tidy(() => {
      const start = tf.pad(tf.slice(end, [0, 0], [n, m - 1]), [
        [0, 0],
        [1, 0],
      ]);
      return tf.mul(tf.sub(end, start), tf.step(draws)) as tf.Tensor2D;
    });
    const columnOfDraw = tf.tidy(() => {
      const ends = addIntoRows(tf.onesLike(end), tf.cast(end, "int32") as tf.Tensor2D, m + 1);
      return inTurn(
        ends,
        (held) => tf.cumsum(held, 1),
        (held) => tf.minimum<tf.Tensor2D>(held, m - 1),
      );
    });
    end.dispose();
    // Positives take the draws in turn, beginning anywhere.
    const first = noise.uniform([n, 1]);
    const negative = tf.tidy(() => {
      const turn = inTurn(
        tf.cumsum<tf.Tensor2D>(positives, 1),
        (held) => tf.sub(held, 1),
        (held) => tf.relu(held),
        (held) => tf.add(held, tf.floor(tf.mul(first, draws))),
      );
      const again = inTurn(
        tf.sub<tf.Tensor2D>(turn, draws),
        (held) => tf.add(held, 0.5),
        (held) => tf.step(held),
        (held) => tf.mul(draws, held),
      );
      const draw = inTurn(
        turn,
        (held) => tf.sub(held, again),
        (held) => tf.relu(held),
        (held) => tf.cast<tf.Tensor2D>(held, "int32"),
      );
      again.dispose();
      return takeFromRows(columnOfDraw, draw);
    });
    return { positives, negatives, triplets: { negative } };
  }

  /** `[n, m]`, proportional in each row; 0 where none is drawn. Disposes the squared distances. */
  #chances(squared: tf.Tensor2D, negatives: tf.Tensor2D, size: number): tf.Tensor2D {
    const { cutoff, farthest: most } = this.#options;
    const near = inTurn(
      tf.sub<tf.Tensor2D>(Math.min(most, 2) ** 2, squared),
      (held) => tf.step(held),
      (held) => tf.mul<tf.Tensor2D>(negatives, held),
    );
    const clipped = inTurn(squared, (held) => tf.maximum<tf.Tensor2D>(held, cutoff ** 2));
    const opposite = inTurn(
      tf.mul<tf.Tensor2D>(clipped, 0.25),
      (held) => tf.sub(1, held),
      (held) => tf.maximum(held, 1e-7),
      (held) => tf.log(held),
      (held) => tf.mul(held, (size - 3) / 2),
    );
    const logarithms = inTurn(
      clipped,
      (held) => tf.log(held),
      (held) => tf.mul(held, (2 - size) / 2),
      (held) => tf.sub(held, opposite),
    );
    opposite.dispose();
    const highest = tf.tidy(() => farthest(logarithms, near));
    return inTurn(
      logarithms,
      (held) => tf.sub(held, highest),
      (held) => tf.minimum(held, 0),
      (held) => tf.exp(held),
      (held) => tf.mul(near, held),
    );
  }
}
