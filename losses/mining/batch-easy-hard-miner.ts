import { oneOf, refuse, savedOptions, unknownOptions } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import { show } from "../../lib/show.js";
import type { PairMasks } from "../../lib/tensor/masks.js";
import * as tf from "../../lib/tensor/tf.js";
import { any, farthest, farthestColumn, nearest, nearestColumn, onlyColumn } from "./in-rows.js";
import { Miner, type Mined } from "./miner.js";

const KEYS = ["positives", "negatives", "positiveRange", "negativeRange"] as const;
const STRATEGIES: readonly EasyHardStrategy[] = ["hard", "semi-hard", "easy", "all"];

/** Which positive or negative of an anchor is taken. */
export type EasyHardStrategy = "hard" | "semi-hard" | "easy" | "all";

/** Options of `BatchEasyHardMiner`. */
export interface BatchEasyHardMinerOptions {
  /** "hard" the farthest, "easy" the nearest, "semi-hard" the farthest that is nearer than the negative. Default "easy". */
  readonly positives?: EasyHardStrategy;
  /** "hard" the nearest, "easy" the farthest, "semi-hard" the nearest that is farther than the positive. Default "semi-hard". */
  readonly negatives?: EasyHardStrategy;
  /** Least and largest distance of a positive that may be taken. Default null: any. */
  readonly positiveRange?: readonly [number, number] | null;
  /** Least and largest distance of a negative that may be taken. Default null: any. */
  readonly negativeRange?: readonly [number, number] | null;
}

/**
 * For each anchor one positive and one negative, each the hardest, the easiest or the semi-hard one, or all of them. Easy positives
 * let a group have several clusters. What is semi-hard is so for the one of the other side, which must be "hard" or "easy" then. An
 * anchor without a choice on one side is left out on both, unless a side is "all".
 *
 * Xuan, Stylianou, Pless, "Improved Embeddings with Easy Positive Triplet Mining", WACV 2020.
 */
export class BatchEasyHardMiner extends Miner {
  /** Name it is saved by. */
  static readonly type = "BatchEasyHardMiner";
  override readonly single: boolean;
  readonly #options: Required<BatchEasyHardMinerOptions>;

  constructor(options: BatchEasyHardMinerOptions = {}) {
    super();
    const { positives = "easy", negatives = "semi-hard", positiveRange = null, negativeRange = null } = options;
    const semiHard = [positives, negatives].filter((strategy) => strategy === "semi-hard").length;
    const one = (strategy: EasyHardStrategy): boolean => strategy === "hard" || strategy === "easy";
    refuse("BatchEasyHardMiner", [
      ...unknownOptions(options, KEYS),
      oneOf("positives", positives, STRATEGIES),
      oneOf("negatives", negatives, STRATEGIES),
      semiHard > 0 && !one(positives) && !one(negatives)
        ? `positives, negatives: where one is "semi-hard" the other must be "hard" or "easy", got "${positives}" and "${negatives}"`
        : null,
      range("positiveRange", positiveRange),
      range("negativeRange", negativeRange),
    ]);
    this.single = positives !== "all" && negatives !== "all";
    this.#options = Object.freeze({ positives, negatives, positiveRange, negativeRange });
  }

  static from(config: JsonObject): BatchEasyHardMiner {
    return new BatchEasyHardMiner(savedOptions<BatchEasyHardMinerOptions>("BatchEasyHardMiner", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options } as JsonObject;
  }

  override mine(distances: tf.Tensor2D, masks: PairMasks): Mined {
    const options = this.#options;
    const positives = within(distances, masks.positives, options.positiveRange);
    const negatives = within(distances, masks.negatives, options.negativeRange);
    const nearer = (): tf.Tensor2D => {
      const bound = options.negatives === "hard" ? nearest(distances, negatives) : farthest(distances, negatives);
      return tf.mul(positives, tf.step(tf.sub(bound, distances)));
    };
    const farther = (): tf.Tensor2D => {
      const bound = options.positives === "hard" ? farthest(distances, positives) : nearest(distances, positives);
      return tf.mul(negatives, tf.step(tf.sub(distances, bound)));
    };
    const near = (mask: tf.Tensor2D): tf.Tensor2D => onlyColumn(nearestColumn(distances, mask), mask);
    const far = (mask: tf.Tensor2D): tf.Tensor2D => onlyColumn(farthestColumn(distances, mask), mask);
    const chosen = {
      positives: {
        all: () => positives,
        hard: () => far(positives),
        easy: () => near(positives),
        "semi-hard": () => far(nearer()),
      },
      negatives: {
        all: () => negatives,
        hard: () => near(negatives),
        easy: () => far(negatives),
        "semi-hard": () => near(farther()),
      },
    };
    const [p, n] = [chosen.positives[options.positives](), chosen.negatives[options.negatives]()];
    if (!this.single) return { positives: p, negatives: n };
    const both = tf.mul(any(p), any(n));
    return { positives: tf.mul(p, both), negatives: tf.mul(n, both) };
  }
}

/** Masked distances that lie in a range, both ends included. */
function within(distances: tf.Tensor2D, mask: tf.Tensor2D, bounds: readonly [number, number] | null): tf.Tensor2D {
  if (bounds === null) return mask;
  const outside = tf.maximum(tf.step(tf.sub(bounds[0], distances)), tf.step(tf.sub(distances, bounds[1])));
  return tf.mul(mask, tf.sub(1, outside));
}

function range(name: string, value: unknown): string | null {
  if (value === null) return null;
  const [low, high, ...rest] = Array.isArray(value) ? (value as readonly unknown[]) : [];
  return Number.isFinite(low) && Number.isFinite(high) && (low as number) <= (high as number) && rest.length === 0
    ? null
    : `${name}: expected [least, largest] or null, got ${show(value)}`;
}
