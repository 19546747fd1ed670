import { above, flag, refuse, savedOptions, unknownOptions, wholeNumber } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import { inTurn } from "../../lib/tensor/in-turn.js";
import type { PairMasks } from "../../lib/tensor/masks.js";
import { addIntoRows, takeFromRows } from "../../lib/tensor/row-order.js";
import * as tf from "../../lib/tensor/tf.js";
import { Miner, type Mined, type MiningContext } from "./miner.js";
import { squaredDistances } from "../../lib/tensor/pairwise.js";
import { squaredUnitDistances } from "./unit-distances.js";

const KEYS = ["angle", "normalize", "positives"] as const;

/** Numbers in the largest intermediate: 32 MiB. */
const BLOCK = 1 << 23;
/** Triplets that are looked at unless the options say how many positives; 64 million. */
const TRIPLETS = 1 << 26;
/** Positives of a row that are looked at even so. */
const LEAST = 16;
/** Larger than any distance. */
const FAR = 1e30;

/** Options of `AngularMiner`. */
export interface AngularMinerOptions {
  /** In degrees, above 0 and below 90. Default 20. */
  readonly angle?: number;
  /** Look at vectors divided by their lengths. Default true, as goes with cosine. */
  readonly normalize?: boolean;
  /**
   * How many positives of a row are looked at, the farthest. Groups of one row more lose nothing. Default null: as many as
   * make 64 million triplets, 16 or more.
   */
  readonly positives?: number | null;
}

/**
 * The triplets whose negative sees anchor and positive under a large angle: `atan(‖a - p‖ / (2 ‖n - c‖)) > angle`, with the middle c of
 * anchor and positive. By `‖n - c‖² = (‖n - a‖² + ‖n - p‖²) / 2 - ‖a - p‖² / 4` this needs distances only.
 *
 * A pair counts once for each of its triplets; a loss of triplets takes all triplets that such pairs make. Of a row in a large group only
 * the farthest positives are looked at: by default all in batches of up to 406 rows, 64 in one of 1,024, 16 from 2,048 on, so that all
 * triplets are found of groups of up to 17 rows, whatever the batch. `O(n m)` time for each of these positives, in blocks of 32 MiB.
 * Fewer than the default are faster: no less is found while there are as many as the largest group of a batch has rows.
 *
 * Wang et al., "Deep Metric Learning with Angular Loss", ICCV 2017.
 */
export class AngularMiner extends Miner {
  /** Name it is saved by. */
  static readonly type = "AngularMiner";
  readonly #angle: number;
  readonly #normalize: boolean;
  readonly #positives: number | null;

  constructor(options: AngularMinerOptions = {}) {
    super();
    const { angle = 20, normalize = true, positives = null } = options;
    refuse("AngularMiner", [
      ...unknownOptions(options, KEYS),
      above("angle", angle, 0),
      angle >= 90 ? `angle: expected less than 90 degrees, got ${angle}` : null,
      flag("normalize", normalize),
      positives === null ? null : wholeNumber("positives", positives, 1),
    ]);
    this.#angle = angle;
    this.#normalize = normalize;
    this.#positives = positives;
  }

  static from(config: JsonObject): AngularMiner {
    return new AngularMiner(savedOptions<AngularMinerOptions>("AngularMiner", config, KEYS));
  }

  override get config(): JsonObject {
    return { angle: this.#angle, normalize: this.#normalize, positives: this.#positives };
  }

  override mine(_distances: tf.Tensor2D, masks: PairMasks, { rows, columns }: MiningContext): Mined {
    const [n, m] = masks.positives.shape;
    const squared = this.#normalize ? squaredUnitDistances : squaredDistances;
    const among = tf.tidy(() => squared(columns, columns));
    const toColumns = rows === columns ? among : tf.tidy(() => squared(rows, columns));
    const count = Math.min(m, this.#positives ?? Math.max(LEAST, Math.floor(TRIPLETS / (n * m))));
    const tangent = Math.tan((this.#angle * Math.PI) / 180);
    /** Both squared distances of a negative must be less than this times the squared distance of the positive. */
    const factor = 0.5 + 0.5 / tangent ** 2;
    const farthest = farthestColumns(toColumns, masks.positives, count); // [n, count]
    // Nothing is below 0, so that what is no positive is in no triplet.
    const allowed = tf.tidy(() =>
      tf.mul(takeFromRows(tf.mul(toColumns, masks.positives), farthest), factor),
    ) as tf.Tensor2D;
    const ofNegatives = tf.tidy(() => tf.add<tf.Tensor2D>(toColumns, tf.mul(tf.sub(1, masks.negatives), FAR)));
    const step = Math.max(1, Math.floor(BLOCK / (count * m)));
    /** Always 0; makes each block wait for the one before, so that an engine does not hold them all at once. */
    let before: tf.Tensor = tf.scalar(0, "int32");
    const blocks = Array.from({ length: Math.ceil(n / step) }, (_, block) => {
      const start = block * step;
      const height = Math.min(step, n - start);
      const part = (matrix: tf.Tensor2D): tf.Tensor2D => tf.slice(matrix, [start, 0], [height, matrix.shape[1]]);
      const counts = tf.tidy(() => {
        const bound = tf.expandDims(part(allowed), 2); // [block, count, 1]
        const wide = inTurn(
          tf.gather(among, tf.add(tf.reshape(part(farthest), [height * count]), before)),
          (held) => tf.tidy(() => tf.sub(bound, tf.reshape(held, [height, count, m]))),
          (held) => tf.sub(held, tf.expandDims(part(ofNegatives), 1)),
          (held) => tf.step(held),
        );
        return [tf.sum<tf.Tensor2D>(wide, 2), tf.sum<tf.Tensor2D>(wide, 1)] as const;
      });
      // Of both, or one of them could be put off, with the block it needs.
      before = tf.cast(tf.less(tf.add(tf.min(counts[0]), tf.min(counts[1])), 0), "int32");
      return counts;
    });
    const all = (side: 0 | 1): tf.Tensor2D => {
      const whole = tf.concat(
        blocks.map((counts) => counts[side]),
        0,
      );
      for (const counts of blocks) counts[side].dispose();
      return whole;
    };
    return { positives: addIntoRows(all(0), farthest, m), negatives: all(1) };
  }
}

/** `[n, count]` int32, the columns of the largest values of each row among those in the mask, then any others. */
function farthestColumns(values: tf.Tensor2D, mask: tf.Tensor2D, count: number): tf.Tensor2D {
  return tf.tidy(() => {
    const keys = tf.mul(tf.add(values, 1), mask);
    return tf.cast(tf.topk(tf.where(tf.isNaN(keys), tf.zerosLike(keys), keys), count, true).indices, "int32");
  }) as tf.Tensor2D;
}
