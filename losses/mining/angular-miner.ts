import { above, flag, refuse, savedOptions, unknownOptions } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import type { PairMasks } from "../../lib/tensor/masks.js";
import * as tf from "../../lib/tensor/tf.js";
import { Miner, type Mined, type MiningContext } from "./miner.js";
import { squaredDistances } from "../../lib/tensor/pairwise.js";
import { squaredUnitDistances } from "./unit-distances.js";

const KEYS = ["angle", "normalize"] as const;

/** Numbers in the largest intermediate: 32 MiB. */
const BLOCK = 1 << 23;

/** Options of `AngularMiner`. */
export interface AngularMinerOptions {
  /** In degrees, above 0 and below 90. Default 20. */
  readonly angle?: number;
  /** Look at vectors divided by their lengths. Default true, as goes with cosine. */
  readonly normalize?: boolean;
}

/**
 * The triplets whose negative sees anchor and positive under a large angle: `atan(‖a - p‖ / (2 ‖n - c‖)) > angle`, with the middle c of
 * anchor and positive. By `‖n - c‖² = (‖n - a‖² + ‖n - p‖²) / 2 - ‖a - p‖² / 4` this needs distances only.
 *
 * A pair counts once for each of its triplets; a loss of triplets takes all triplets that such pairs make. Takes `O(n m²)` time, in
 * blocks of 32 MiB, and the distances of all columns to each other: for batches of up to about five hundred rows, and small memories.
 *
 * Wang et al., "Deep Metric Learning with Angular Loss", ICCV 2017.
 */
export class AngularMiner extends Miner {
  /** Name it is saved by. */
  static readonly type = "AngularMiner";
  readonly #angle: number;
  readonly #normalize: boolean;

  constructor(options: AngularMinerOptions = {}) {
    super();
    const { angle = 20, normalize = true } = options;
    refuse("AngularMiner", [
      ...unknownOptions(options, KEYS),
      above("angle", angle, 0),
      angle >= 90 ? `angle: expected less than 90 degrees, got ${angle}` : null,
      flag("normalize", normalize),
    ]);
    this.#angle = angle;
    this.#normalize = normalize;
  }

  static from(config: JsonObject): AngularMiner {
    return new AngularMiner(savedOptions<AngularMinerOptions>("AngularMiner", config, KEYS));
  }

  override get config(): JsonObject {
    return { angle: this.#angle, normalize: this.#normalize };
  }

  override mine(_distances: tf.Tensor2D, masks: PairMasks, { rows, columns }: MiningContext): Mined {
    const [n, m] = masks.positives.shape;
    const squared = this.#normalize ? squaredUnitDistances : squaredDistances;
    const among = tf.expandDims(squared(columns, columns), 0); // [1, m (positive), m (negative)]
    const toColumns = rows === columns ? tf.squeeze<tf.Tensor2D>(among, [0]) : squared(rows, columns);
    const tangent = Math.tan((this.#angle * Math.PI) / 180);
    /** Both squared distances of a negative must be less than this times the squared distance of the positive. */
    const factor = 0.5 + 0.5 / tangent ** 2;
    const step = Math.max(1, Math.floor(BLOCK / (m * m)));
    /** Always 0; makes each block wait for the one before, so that an engine does not hold them all at once. */
    let before: tf.Tensor = tf.scalar(0);
    const blocks = Array.from({ length: Math.ceil(n / step) }, (_, block) => {
      const start = block * step;
      const part = (matrix: tf.Tensor2D): tf.Tensor2D => tf.slice(matrix, [start, 0], [Math.min(step, n - start), m]);
      const counts = tf.tidy(() => {
        const distances = tf.add<tf.Tensor2D>(part(toColumns), before);
        const allowed = tf.expandDims(tf.mul(distances, factor), 2); // [block, m, 1]
        const wide = tf.step(tf.sub(tf.sub(allowed, among), tf.expandDims(distances, 1)));
        const [p, q] = [part(masks.positives), part(masks.negatives)];
        const chosen = tf.mul(tf.mul(wide, tf.expandDims(p, 2)), tf.expandDims(q, 1));
        return [tf.sum<tf.Tensor2D>(chosen, 2), tf.sum<tf.Tensor2D>(chosen, 1)] as const;
      });
      // Of both, or one of them could be put off, with the block it needs.
      before = tf.minimum(tf.add(tf.min(counts[0]), tf.min(counts[1])), 0);
      return counts;
    });
    return {
      positives: tf.concat(
        blocks.map(([positives]) => positives),
        0,
      ),
      negatives: tf.concat(
        blocks.map(([, negatives]) => negatives),
        0,
      ),
    };
  }
}
