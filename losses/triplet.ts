import { atLeast, flag, oneOf, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import type { PairMasks } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
import { withoutGradient } from "../lib/tensor/without-gradient.js";
import { weightedMean } from "./average.js";
import {
  DISTANCE_MATRIX_KEYS,
  DistanceMatrixLoss,
  type DistanceMatrixOptions,
  type Judgement,
} from "./distance-matrix-loss.js";
import { AverageNonZeroReducer } from "./mining/average-non-zero-reducer.js";
import type { Comparison } from "./mining/comparison.js";
import { MeanReducer } from "./mining/mean-reducer.js";
import type { Mined } from "./mining/miner.js";
import { hardest } from "./mining/hardest.js";
import { differentiablyTaken } from "./mining/in-rows.js";
import { miningProblems } from "./mining/registered.js";
import { TripletUnits } from "./mining/triplet-units.js";
import { unitsOf, type Units } from "./mining/units.js";
import { semiHardNegatives } from "./semi-hard.js";

const KEYS = ["margin", "mining", "soft", "normalizeByHardestNegative", ...DISTANCE_MATRIX_KEYS] as const;

const MININGS = ["hard", "semi-hard", "all"] as const;

/** The least mean distance to divide by; see `normalizeByHardestNegative`. */
const LEAST_MEAN = 1e-6;

/** Options of `TripletLoss`. */
export interface TripletOptions extends DistanceMatrixOptions {
  /** How much farther than the positive a negative must be to cost nothing. Default 0.5. Not used when `soft`. */
  readonly margin?: number;
  /** Which triplets count; see `TripletLoss`. Default "hard", with a miner "all". */
  readonly mining?: "hard" | "semi-hard" | "all";
  /** `log(1 + exp(d(a, p) - d(a, n)))` instead of the margin. For "hard" and "semi-hard". Default false. */
  readonly soft?: boolean;
  /**
   * Divide by the mean distance of the hardest negatives, so that shrinking all distances does not lower the loss: keeps embeddings
   * from collapsing into one point. For "hard" without `soft`, and for distances that are never negative. Default false.
   */
  readonly normalizeByHardestNegative?: boolean;
}

/**
 * Pulls items of a group together until they are nearer than items of other groups by a margin:
 * `max(0, d(a, p) - d(a, n) + margin)` for anchor a, positive p of its group, negative n of another. What it averages over:
 * - `"hard"`: anchors that have a positive and a negative, each with its farthest positive and nearest negative.
 * - `"semi-hard"`: pairs (a, p), each with the nearest negative that is farther than p, or, when none is, the farthest negative.
 * - `"all"`: every triplet whose loss is above zero; with a miner, every such triplet that it chose, or that its pairs make.
 *
 * A batch without a triplet has loss 0 and gradient 0. An item is never its own positive or negative.
 *
 * Schroff, Kalenichenko, Philbin, "FaceNet", CVPR 2015; Hermans, Beyer, Leibe, "In Defense of the Triplet Loss", 2017.
 */
export class TripletLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "TripletLoss";
  readonly #options: Required<Omit<TripletOptions, keyof DistanceMatrixOptions>>;

  constructor(options: TripletOptions = {}) {
    const { margin = 0.5, mining = options.miner ? "all" : "hard", soft = false } = options;
    const { normalizeByHardestNegative = false } = options;
    refuse("TripletLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems(options),
      atLeast("margin", margin, 0),
      oneOf("mining", mining, MININGS),
      flag("soft", soft),
      flag("normalizeByHardestNegative", normalizeByHardestNegative),
      options.miner && mining !== "all" ? "mining: the miner chooses triplets already; leave mining out" : null,
      soft && mining === "all" ? 'soft: works with mining "hard" or "semi-hard", not with "all" or a miner' : null,
      normalizeByHardestNegative && (mining !== "hard" || soft)
        ? 'normalizeByHardestNegative: works with mining "hard" and without soft'
        : null,
    ]);
    super(options, { reducer: mining === "all" ? new AverageNonZeroReducer() : new MeanReducer() });
    this.#options = Object.freeze({ margin, mining, soft, normalizeByHardestNegative });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): TripletLoss {
    return new TripletLoss(savedOptions<TripletOptions>("TripletLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options, ...this.sharedConfig };
  }

  protected override compare(comparison: Comparison, mined: Mined): Judgement {
    const single = this.miner?.single ?? this.#options.mining === "hard";
    return single ? { terms: { triplets: this.#ofSingle(comparison, mined) } } : this.judge(comparison.matrix, mined);
  }

  protected override judge(distances: tf.Tensor2D, mined: Mined): Judgement {
    return { terms: { triplets: this.#ofMany(distances, mined) } };
  }

  #ofMany(distances: tf.Tensor2D, mined: Mined): Units {
    const { margin, mining } = this.#options;
    switch (mining) {
      case "semi-hard": {
        const pairs = tf.mul(mined.positives, tf.step(tf.sum(mined.negatives, 1, true)));
        const negative = withoutGradient(() => semiHardNegatives(distances, mined));
        return unitsOf(this.#losses(tf.sub(distances, differentiablyTaken(distances, negative))), pairs);
      }
      case "hard":
      case "all": {
        const { positives, triplets } = mined;
        if (triplets?.negative === undefined) {
          const masks = triplets?.of ?? (this.miner === null ? mined : onlyWhether(mined));
          return new TripletUnits(distances, masks, margin, triplets);
        }
        const chosen = differentiablyTaken(distances, triplets.negative);
        return unitsOf(this.#losses(tf.sub(distances, chosen)), positives);
      }
      default:
        return mining satisfies never;
    }
  }

  /** One triplet a row at most: the hardest, or what is left after mining. */
  #ofSingle(comparison: Comparison, masks: PairMasks): Units {
    const { columns, withPositive, withNegative } = hardest(comparison, masks);
    const anchors = tf.mul(withPositive, withNegative); // [n]
    const [farthest, nearest] = comparison.to(...columns) as [tf.Tensor1D, tf.Tensor1D];
    const gap = tf.sub(farthest, nearest);
    const scaled = this.#options.normalizeByHardestNegative
      ? tf.div(gap, tf.maximum(weightedMean(nearest, anchors), LEAST_MEAN))
      : gap;
    return unitsOf(this.#losses(scaled), anchors);
  }

  /** Of differences `d(a, p) - d(a, n)`. */
  #losses(differences: tf.Tensor): tf.Tensor {
    const { margin, soft } = this.#options;
    return soft ? tf.softplus(differences) : tf.relu(tf.add(differences, margin));
  }
}

/** Masks of 0 and 1, whatever the miner counted. */
function onlyWhether({ positives, negatives }: Mined): PairMasks {
  return { positives: tf.step(positives), negatives: tf.step(negatives) };
}
