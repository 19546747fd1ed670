import { refuse, savedOptions, unknownOptions } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import { show } from "../../lib/show.js";
import type { PairMasks } from "../../lib/tensor/masks.js";
import { addIntoRows } from "../../lib/tensor/row-order.js";
import * as tf from "../../lib/tensor/tf.js";
import { any, farthestColumns } from "./in-rows.js";
import { Miner, type Mined } from "./miner.js";

const KEYS = ["positives", "negatives"] as const;

/** How many of the hardest, or from which to which; 1 is the hardest. */
export type HardRange = number | readonly [first: number, last: number];

/** Options of `NHardMiner`. */
export interface NHardMinerOptions {
  /** How many of the farthest positives of an anchor, or `[2, 5]`: from the second farthest to the fifth. Default 1. */
  readonly positives?: HardRange;
  /** The same for the nearest negatives. Default 1. */
  readonly negatives?: HardRange;
}

/**
 * For each anchor its hardest positives and its hardest negatives, so many of each, in all triplets that they make. A range leaves out the
 * very hardest, which are often wrong labels: `new NHardMiner({ positives: 3, negatives: [2, 6] })`. An anchor that has none in one of
 * the ranges is left out. With 1 and 1 it is `BatchHardMiner`. `O(n m)`, times the logarithm of the last rank.
 */
export class NHardMiner extends Miner {
  /** Name it is saved by. */
  static readonly type = "NHardMiner";
  override readonly single: boolean;
  readonly #positives: HardRange;
  readonly #negatives: HardRange;

  constructor(options: NHardMinerOptions = {}) {
    super();
    const { positives = 1, negatives = 1 } = options;
    refuse("NHardMiner", [
      ...unknownOptions(options, KEYS),
      rangeProblem("positives", positives),
      rangeProblem("negatives", negatives),
    ]);
    this.#positives = positives;
    this.#negatives = negatives;
    this.single = [positives, negatives].map(ranks).every(([first, last]) => first === last);
  }

  static from(config: JsonObject): NHardMiner {
    return new NHardMiner(savedOptions<NHardMinerOptions>("NHardMiner", config, KEYS));
  }

  override get config(): JsonObject {
    return { positives: this.#positives, negatives: this.#negatives } as JsonObject;
  }

  override mine(distances: tf.Tensor2D, masks: PairMasks): Mined {
    const positives = tf.tidy(() => largest(distances, masks.positives, this.#positives));
    const negatives = tf.tidy(() => largest(tf.neg(distances), masks.negatives, this.#negatives));
    const both = tf.mul(any(positives), any(negatives));
    return { positives: tf.mul(positives, both), negatives: tf.mul(negatives, both) };
  }
}

/** `[n, m]`, 1 at the values of these ranks in each row, among those in the mask. */
function largest(values: tf.Tensor2D, mask: tf.Tensor2D, range: HardRange): tf.Tensor2D {
  const [n, m] = values.shape;
  const [first, last] = ranks(range).map((rank) => Math.min(rank, m)) as [number, number];
  if (ranks(range)[0] > m) return tf.zerosLike(mask);
  const columns = tf.slice(farthestColumns(values, mask, last), [0, first - 1], [n, last - first + 1]);
  return tf.mul(addIntoRows(tf.onesLike(tf.cast(columns, "float32")), columns as tf.Tensor2D, m), mask);
}

function ranks(range: HardRange): readonly [first: number, last: number] {
  return typeof range === "number" ? [1, range] : range;
}

function rangeProblem(name: string, value: unknown): string | null {
  const [first, last, ...rest] = Array.isArray(value) ? (value as readonly unknown[]) : [1, value];
  const whole = Number.isInteger(first) && Number.isInteger(last) && rest.length === 0;
  return whole && 1 <= Number(first) && Number(first) <= Number(last)
    ? null
    : `${name}: expected a whole number of at least 1, or [first, last] of such, got ${show(value)}`;
}
