import { above, flag, refuse, savedOptions, unknownOptions, wholeNumber } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import { inTurn } from "../../lib/tensor/in-turn.js";
import type { PairMasks } from "../../lib/tensor/masks.js";
import { addIntoRows } from "../../lib/tensor/row-order.js";
import * as tf from "../../lib/tensor/tf.js";
import { tripletsBelow } from "../../lib/tensor/triplets-below.js";
import { Miner, type Mined, type MiningContext } from "./miner.js";
import { squaredDistances } from "../../lib/tensor/pairwise.js";
import { squaredUnitDistances } from "./unit-distances.js";

const KEYS = ["angle", "normalize", "positives"] as const;

/** Larger than any distance. */
const FAR = 1e30;

/** Options of `AngularMiner`. */
export interface AngularMinerOptions {
  /** In degrees, above 0 and below 90. Default 20. */
  readonly angle?: number;
  /** Look at vectors divided by their lengths. Default true, as goes with cosine. */
  readonly normalize?: boolean;
  /**
   * How many positives of a row are looked at, the farthest; less work where groups are large. Default null: all.
   */
  readonly positives?: number | null;
}

/**
 * The triplets whose negative sees anchor and positive under a large angle: `atan(‖a - p‖ / (2 ‖n - c‖)) > angle`, with the middle c of
 * anchor and positive. By `‖n - c‖² = (‖n - a‖² + ‖n - p‖²) / 2 - ‖a - p‖² / 4` this needs distances only.
 *
 * A pair counts once for each of its triplets; a loss of triplets takes all triplets that such pairs make. `O(n m)` time for each positive
 * that a row of the largest group has, `O(n m)` memory.
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
    const [, m] = masks.positives.shape;
    const squared = this.#normalize ? squaredUnitDistances : squaredDistances;
    const among = tf.tidy(() => squared(columns, columns));
    const toColumns = rows === columns ? among : tf.tidy(() => squared(rows, columns));
    const tangent = Math.tan((this.#angle * Math.PI) / 180);
    /** Both squared distances of a negative must be less than this times the squared distance of the positive. */
    const factor = 0.5 + 0.5 / tangent ** 2;
    // Nothing is below 0, so that what is no positive is in no triplet.
    const every = inTurn(tf.mul<tf.Tensor2D>(toColumns, masks.positives), (held) => tf.mul(held, factor));
    const most = this.#positives ?? m;
    const bounds = most >= m ? every : inTurn(every, (held) => largest(held, most));
    const near = inTurn(
      tf.sub<tf.Tensor2D>(1, masks.negatives),
      (held) => tf.mul(held, FAR),
      (held) => tf.add(toColumns, held),
    );
    return tripletsBelow({ bounds, near, among });
  }
}

/** The matrix with the largest numbers of each row alone, 0 elsewhere. */
function largest(matrix: tf.Tensor2D, count: number): tf.Tensor2D {
  return tf.tidy(() => {
    const { values, indices } = tf.topk(tf.where(tf.isNaN(matrix), tf.zerosLike(matrix), matrix), count, true);
    return addIntoRows(values as tf.Tensor2D, tf.cast(indices, "int32") as tf.Tensor2D, matrix.shape[1]);
  });
}
