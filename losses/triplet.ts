import { atLeast, flag, oneOf, refuse, savedOptions, unknownOptions, wholeNumber } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import type { PairMasks } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import { withoutGradient } from "../lib/tensor/without-gradient.js";
import { weightedMean } from "./average.js";
import {
  DISTANCE_MATRIX_KEYS,
  DistanceMatrixLoss,
  type DistanceMatrixOptions,
  type Judgement,
} from "./distance-matrix-loss.js";
import { amongColumns, nearerOfBoth } from "./mining/among-columns.js";
import { AverageNonZeroReducer } from "./mining/average-non-zero-reducer.js";
import { BlockedTripletUnits } from "./mining/blocked-triplet-units.js";
import type { Comparison } from "./mining/comparison.js";
import { hardest } from "./mining/hardest.js";
import { differentiablyTaken } from "./mining/in-rows.js";
import { MeanReducer } from "./mining/mean-reducer.js";
import type { ListedTriplets, Mined } from "./mining/miner.js";
import { RandomTripletMiner } from "./mining/random-triplet-miner.js";
import { miningProblems } from "./mining/registered.js";
import { costOf, type TripletCost } from "./mining/triplet-cost.js";
import { TripletUnits } from "./mining/triplet-units.js";
import { unitsOf, type Units } from "./mining/units.js";
import { semiHardNegatives } from "./semi-hard.js";

const OWN_KEYS = [
  "margin",
  "mining",
  "soft",
  "smooth",
  "swap",
  "tripletsPerAnchor",
  "positives",
  "normalizeByHardestNegative",
] as const;
const KEYS = [...OWN_KEYS, ...DISTANCE_MATRIX_KEYS] as const;

const MININGS = ["hard", "semi-hard", "all"] as const;

/** The least mean distance to divide by; see `normalizeByHardestNegative`. */
const LEAST_MEAN = 1e-6;

/** Options of `TripletLoss`. */
export interface TripletOptions extends DistanceMatrixOptions {
  /** How much farther than the positive a negative must be to cost nothing. Default 0.5. Not used when `soft`. */
  readonly margin?: number;
  /** Which triplets count; see `TripletLoss`. Default "hard", with a miner or a number of `tripletsPerAnchor` "all". */
  readonly mining?: "hard" | "semi-hard" | "all";
  /** `log(1 + exp(d(a, p) - d(a, n)))` instead of the margin: `smooth` with margin 0. Default false. */
  readonly soft?: boolean;
  /** `log(1 + exp(d(a, p) - d(a, n) + margin))`: no triplet costs nothing, the hardest cost most. Default false. */
  readonly smooth?: boolean;
  /** Compare with `min(d(a, n), d(p, n))`: a negative is also pushed from the positive, where it is nearer to that. Default false. */
  readonly swap?: boolean;
  /** With mining "all": how many triplets of each anchor are drawn at random, see `RandomTripletMiner`. Default "all". */
  readonly tripletsPerAnchor?: "all" | number;
  /**
   * With mining "all" or a miner, and `swap`, `smooth` or `soft`: how many positives of a row are looked at, the farthest. A row of a group
   * of k rows has k - 1 of them, so that `positives: k - 1` leaves none out. Default null: as many as make 64 million triplets, 16 or more.
   */
  readonly positives?: number | null;
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
 * - `"all"`: every triplet whose loss is above zero, which with `smooth` and `soft` are all; with a miner, every such triplet that it
 *   chose, or that its pairs make.
 *
 * A batch without a triplet has loss 0 and gradient 0. An item is never its own positive or negative.
 *
 * The sum over all triplets takes a sort of each row, `O(n² log n)`. With `swap`, `smooth` or `soft` there is no such form: then they are
 * looked at in blocks, `O(n²)` time for each positive, and of a row in a large group only the farthest positives: by default all in
 * batches of up to 406 rows, 64 in one of 1,024, 16 from 2,048 on. What `swap` replaces is chosen before by `d(a, n)`.
 *
 * Schroff, Kalenichenko, Philbin, "FaceNet", CVPR 2015; Hermans, Beyer, Leibe, "In Defense of the Triplet Loss", 2017; `swap`: Balntas,
 * Riba, Ponsa, Mikolajczyk, "Learning local feature descriptors with triplets and shallow convolutional neural networks", BMVC 2016.
 */
export class TripletLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "TripletLoss";
  readonly #options: Required<Omit<TripletOptions, keyof DistanceMatrixOptions>>;
  readonly #cost: TripletCost;

  constructor(options: TripletOptions = {}) {
    const { tripletsPerAnchor = "all", positives = null } = options;
    const drawn = tripletsPerAnchor !== "all";
    const { margin = 0.5, mining = options.miner || drawn ? "all" : "hard" } = options;
    const { soft = false, smooth = false, swap = false, normalizeByHardestNegative = false } = options;
    refuse("TripletLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems(options),
      atLeast("margin", margin, 0),
      oneOf("mining", mining, MININGS),
      flag("soft", soft),
      flag("smooth", smooth),
      flag("swap", swap),
      drawn ? wholeNumber("tripletsPerAnchor", tripletsPerAnchor, 1) : null,
      positives === null ? null : wholeNumber("positives", positives, 1),
      flag("normalizeByHardestNegative", normalizeByHardestNegative),
      options.miner && mining !== "all" ? "mining: the miner chooses triplets already; leave mining out" : null,
      drawn && (options.miner || mining !== "all")
        ? `tripletsPerAnchor: ${options.miner ? "the miner" : `mining "${mining}"`} chooses triplets already; leave one of them out`
        : null,
      positives !== null && (drawn || mining !== "all" || !(swap || smooth || soft))
        ? 'positives: counts with mining "all" or a miner, and swap, smooth or soft; leave it out'
        : null,
      soft && smooth ? "smooth: soft is smooth with margin 0; give one of them" : null,
      normalizeByHardestNegative && (mining !== "hard" || soft)
        ? 'normalizeByHardestNegative: works with mining "hard" and without soft'
        : null,
    ]);
    super(drawn ? { ...options, miner: new RandomTripletMiner({ perAnchor: tripletsPerAnchor }) } : options, {
      reducer: mining === "all" && !(soft || smooth) ? new AverageNonZeroReducer() : new MeanReducer(),
    });
    const own = { margin, mining, soft, smooth, swap, tripletsPerAnchor, positives, normalizeByHardestNegative };
    this.#options = Object.freeze(own);
    this.#cost = Object.freeze({ margin: soft ? 0 : margin, smooth: soft || smooth });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): TripletLoss {
    return new TripletLoss(savedOptions<TripletOptions>("TripletLoss", config, KEYS));
  }

  override get config(): JsonObject {
    const { tripletsPerAnchor } = this.#options;
    return { ...this.#options, ...this.sharedConfig, ...(tripletsPerAnchor === "all" ? {} : { miner: null }) };
  }

  protected override compare(comparison: Comparison, mined: Mined, parameters: TensorTree): Judgement {
    const single = this.miner?.single ?? this.#options.mining === "hard";
    return single
      ? { terms: { triplets: this.#ofSingle(comparison, mined) } }
      : super.compare(comparison, mined, parameters);
  }

  protected override judge(distances: tf.Tensor2D, mined: Mined, comparison: Comparison): Judgement {
    return { terms: { triplets: this.#ofMany(distances, mined, comparison) } };
  }

  #ofMany(distances: tf.Tensor2D, mined: Mined, comparison: Comparison): Units {
    const { mining, swap, positives } = this.#options;
    switch (mining) {
      case "semi-hard": {
        const pairs = tf.mul(mined.positives, tf.step(tf.sum(mined.negatives, 1, true)));
        const negative = withoutGradient(() => tf.tidy(() => semiHardNegatives(distances, mined))) as tf.Tensor2D;
        return unitsOf(this.#ofOneNegative(distances, negative, comparison), pairs);
      }
      case "hard":
      case "all": {
        const { triplets = {} } = mined;
        if (triplets.listed !== undefined) return this.#ofListed(distances, triplets.listed, comparison);
        if (triplets.negative !== undefined)
          return unitsOf(this.#ofOneNegative(distances, triplets.negative, comparison), mined.positives);
        const masks = triplets.of ?? (this.miner === null ? mined : onlyWhether(mined));
        return swap || this.#cost.smooth
          ? new BlockedTripletUnits({ comparison, masks, choice: triplets, cost: this.#cost, swap, positives })
          : new TripletUnits(distances, masks, this.#cost.margin, triplets);
      }
      default:
        return mining satisfies never;
    }
  }

  /** `[n, m]`, of each column as the positive, with one negative `[n, m]`. */
  #ofOneNegative(distances: tf.Tensor2D, negative: tf.Tensor2D, comparison: Comparison): tf.Tensor2D {
    const own = (): tf.Tensor2D => {
      const [n, m] = distances.shape;
      return tf.cast(tf.add(tf.zeros([n, 1]), tf.reshape(tf.range(0, m), [1, m])), "int32");
    };
    if (this.#options.swap && comparison.within)
      return costOf(tf.sub<tf.Tensor2D>(distances, nearerOfBoth(distances, negative)), this.#cost);
    const chosen = differentiablyTaken(distances, negative);
    return this.#losses(distances, chosen, () =>
      amongColumns(comparison, withoutGradient(own), tf.cast(negative, "int32")),
    );
  }

  /** `[n, k]`, of triplets one by one. */
  #ofListed(distances: tf.Tensor2D, { positives, negatives, counts }: ListedTriplets, comparison: Comparison): Units {
    const [far, near] = [positives, negatives].map((places) => differentiablyTaken(distances, places));
    const among = (): tf.Tensor2D => amongColumns(comparison, positives, negatives);
    return unitsOf(this.#losses(far as tf.Tensor2D, near as tf.Tensor2D, among), counts);
  }

  /** One triplet a row at most: the hardest, or what is left after mining. */
  #ofSingle(comparison: Comparison, masks: PairMasks): Units {
    const { columns, withPositive, withNegative } = hardest(comparison, masks);
    const anchors = tf.mul(withPositive, withNegative); // [n]
    const [farthest, nearest] = comparison.to(...columns) as [tf.Tensor1D, tf.Tensor1D];
    const among = (): tf.Tensor1D => {
      const [left, right] = columns.map((column) => tf.gather(comparison.columns, column));
      return comparison.distance.pairs(left as tf.Tensor2D, right as tf.Tensor2D);
    };
    if (!this.#options.normalizeByHardestNegative) return unitsOf(this.#losses(farthest, nearest, among), anchors);
    const mean = tf.maximum(weightedMean(nearest, anchors), LEAST_MEAN);
    const share = (distances: tf.Tensor1D): tf.Tensor1D => tf.div(distances, mean);
    return unitsOf(
      this.#losses(share(farthest), share(nearest), () => share(among())),
      anchors,
    );
  }

  /** Of distances to positives and to negatives, and from one to the other. */
  #losses<T extends tf.Tensor>(toPositives: T, toNegatives: T, among: () => T): T {
    const nearest = this.#options.swap ? tf.minimum<T>(toNegatives, among()) : toNegatives;
    return costOf(tf.sub<T>(toPositives, nearest), this.#cost);
  }
}

/** Masks of 0 and 1, whatever the miner counted. */
function onlyWhether({ positives, negatives }: Mined): PairMasks {
  return { positives: tf.step(positives), negatives: tf.step(negatives) };
}
