import type { Distance } from "../lib/contracts/distance.js";
import type { LossValue } from "../lib/contracts/loss.js";
import { atLeast, flag, oneOf, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import { distanceNamed, type DistanceName } from "../lib/distances/index.js";
import type { JsonObject } from "../lib/json.js";
import { largestInRow, rowsWithAny, smallestInRow, type PairMasks } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
import { average, weightedMean } from "./average.js";
import { DistanceMatrixLoss } from "./distance-matrix-loss.js";
import { allTriplets, hinge, semiHardTriplets, soft, type MinedTriplets } from "./triplet-mining.js";

const KEYS = ["margin", "mining", "soft", "normalizeByHardestNegative", "distance"] as const;

const MININGS = ["hard", "semi-hard", "all"] as const;

/** The least mean distance to divide by; see `normalizeByHardestNegative`. */
const LEAST_MEAN = 1e-6;

/** Options of `TripletLoss`. */
export interface TripletOptions {
  /** How much farther than the positive a negative must be to cost nothing. Default 0.5. Not used when `soft`. */
  readonly margin?: number;
  /** Which triplets count; see `TripletLoss`. Default "hard". */
  readonly mining?: "hard" | "semi-hard" | "all";
  /** `log(1 + exp(d(a, p) - d(a, n)))` instead of the margin. For "hard" and "semi-hard". Default false. */
  readonly soft?: boolean;
  /**
   * Divide by the mean distance of the hardest negatives, so that shrinking all distances does not lower the loss: keeps embeddings
   * from collapsing into one point. For "hard" without `soft`, and for distances that are never negative. Default false.
   */
  readonly normalizeByHardestNegative?: boolean;
  /** Default "cosine". */
  readonly distance?: DistanceName | Distance;
}

/**
 * Pulls items of a group together until they are nearer than items of other groups by a margin:
 * `max(0, d(a, p) - d(a, n) + margin)` for anchor a, positive p of its group, negative n of another. What it averages over:
 * - `"hard"`: anchors that have a positive and a negative, each with its farthest positive and nearest negative.
 * - `"semi-hard"`: pairs (a, p), each with the nearest negative that is farther than p, or, when none is, the farthest negative.
 * - `"all"`: every triplet whose loss is above zero.
 *
 * A batch without a triplet has loss 0 and gradient 0. An item is never its own positive or negative.
 *
 * Schroff, Kalenichenko, Philbin, "FaceNet", CVPR 2015; Hermans, Beyer, Leibe, "In Defense of the Triplet Loss", 2017.
 */
export class TripletLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "TripletLoss";
  override readonly distance: Distance;
  readonly #options: Required<Omit<TripletOptions, "distance">>;

  constructor(options: TripletOptions = {}) {
    super();
    const { margin = 0.5, mining = "hard", soft: isSoft = false, distance = "cosine" } = options;
    const { normalizeByHardestNegative = false } = options;
    refuse("TripletLoss", [
      ...unknownOptions(options, KEYS),
      atLeast("margin", margin, 0),
      oneOf("mining", mining, MININGS),
      flag("soft", isSoft),
      flag("normalizeByHardestNegative", normalizeByHardestNegative),
      isSoft && mining === "all" ? 'soft: works with mining "hard" or "semi-hard", not with "all"' : null,
      normalizeByHardestNegative && (mining !== "hard" || isSoft)
        ? 'normalizeByHardestNegative: works with mining "hard" and without soft'
        : null,
    ]);
    this.distance = distanceNamed(distance);
    this.#options = Object.freeze({ margin, mining, soft: isSoft, normalizeByHardestNegative });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): TripletLoss {
    return new TripletLoss(savedOptions<TripletOptions>("TripletLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options, distance: this.distance.name };
  }

  protected override judge(distances: tf.Tensor2D, masks: PairMasks): LossValue {
    const { total, count } = this.#mine(distances, masks);
    return { value: average(total, count), weight: count };
  }

  #mine(distances: tf.Tensor2D, masks: PairMasks): MinedTriplets {
    const { margin, mining, soft: isSoft } = this.#options;
    switch (mining) {
      case "hard":
        return this.#hardest(distances, masks);
      case "semi-hard":
        return semiHardTriplets(distances, masks, isSoft ? soft : hinge(margin));
      case "all":
        return allTriplets(distances, masks, margin);
      default:
        return mining satisfies never;
    }
  }

  #hardest(distances: tf.Tensor2D, { positives, negatives }: PairMasks): MinedTriplets {
    const { margin, soft: isSoft, normalizeByHardestNegative } = this.#options;
    const anchors = tf.mul(rowsWithAny(positives), rowsWithAny(negatives)); // [n]
    const nearest = smallestInRow(distances, negatives);
    const gap = tf.sub(largestInRow(distances, positives), nearest);
    const scaled = normalizeByHardestNegative
      ? tf.div(gap, tf.maximum(weightedMean(nearest, anchors), LEAST_MEAN))
      : gap;
    const losses = isSoft ? tf.softplus(scaled) : tf.relu(tf.add(scaled, margin));
    return { total: tf.sum(tf.mul(losses, anchors)), count: tf.sum(anchors) };
  }
}
