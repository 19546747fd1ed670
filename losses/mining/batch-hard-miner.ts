import { refuse, savedOptions, unknownOptions } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import type { PairMasks } from "../../lib/tensor/masks.js";
import * as tf from "../../lib/tensor/tf.js";
import { any, farthestColumn, nearestColumn, onlyColumn } from "./in-rows.js";
import { Miner, type Mined } from "./miner.js";

/**
 * One triplet for each anchor that has a positive and a negative: its farthest positive and its nearest negative; the first of equally
 * far ones.
 *
 * Hermans, Beyer, Leibe, "In Defense of the Triplet Loss for Person Re-Identification", 2017.
 */
export class BatchHardMiner extends Miner {
  /** Name it is saved by. */
  static readonly type = "BatchHardMiner";
  readonly config: JsonObject = {};
  override readonly single = true;

  constructor(options: Readonly<Record<string, never>> = {}) {
    super();
    refuse("BatchHardMiner", unknownOptions(options, []));
  }

  static from(config: JsonObject): BatchHardMiner {
    return new BatchHardMiner(savedOptions<Record<string, never>>("BatchHardMiner", config, []));
  }

  override mine(distances: tf.Tensor2D, { positives, negatives }: PairMasks): Mined {
    const both = tf.mul(any(positives), any(negatives));
    return {
      positives: tf.mul(onlyColumn(farthestColumn(distances, positives), positives), both),
      negatives: tf.mul(onlyColumn(nearestColumn(distances, negatives), negatives), both),
    };
  }
}
