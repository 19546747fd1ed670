import { atLeast, refuse, savedOptions, unknownOptions } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import type { PairMasks } from "../../lib/tensor/masks.js";
import * as tf from "../../lib/tensor/tf.js";
import { Miner, type Mined } from "./miner.js";

const KEYS = ["positiveMargin", "negativeMargin"] as const;

/** Options of `PairMarginMiner`, in the scale of the loss's distance. */
export interface PairMarginMinerOptions {
  /** Positives that are nearer are left out. Default 0.2. */
  readonly positiveMargin?: number;
  /** Negatives that are farther are left out. Default 0.8. */
  readonly negativeMargin?: number;
}

/** Positives that are farther than a margin and negatives that are nearer than another: pairs that still violate something. */
export class PairMarginMiner extends Miner {
  /** Name it is saved by. */
  static readonly type = "PairMarginMiner";
  readonly #options: Required<PairMarginMinerOptions>;

  constructor(options: PairMarginMinerOptions = {}) {
    super();
    const { positiveMargin = 0.2, negativeMargin = 0.8 } = options;
    refuse("PairMarginMiner", [
      ...unknownOptions(options, KEYS),
      atLeast("positiveMargin", positiveMargin, -Number.MAX_VALUE),
      atLeast("negativeMargin", negativeMargin, -Number.MAX_VALUE),
    ]);
    this.#options = Object.freeze({ positiveMargin, negativeMargin });
  }

  static from(config: JsonObject): PairMarginMiner {
    return new PairMarginMiner(savedOptions<PairMarginMinerOptions>("PairMarginMiner", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options };
  }

  override mine(distances: tf.Tensor2D, { positives, negatives }: PairMasks): Mined {
    const { positiveMargin, negativeMargin } = this.#options;
    return {
      positives: tf.mul(positives, tf.step(tf.sub(distances, positiveMargin))),
      negatives: tf.mul(negatives, tf.step(tf.sub(negativeMargin, distances))),
    };
  }
}
