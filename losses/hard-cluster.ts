import type { Targets } from "../lib/contracts/batch.js";
import type { Distance } from "../lib/contracts/distance.js";
import { SimilarityLoss, type LossValue } from "../lib/contracts/loss.js";
import { atLeast, flag, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { SavedPart } from "../lib/contracts/part.js";
import { distanceNamed, savedDistance, type DistanceChoice } from "../lib/distances/index.js";
import type { JsonObject } from "../lib/json.js";
import { equalPairs } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
import type { TensorTree } from "../lib/tensor/tree.js";
import { withoutGradient } from "../lib/tensor/without-gradient.js";
import { farthestColumn, nearestColumn } from "./mining/in-rows.js";
import { MeanReducer } from "./mining/mean-reducer.js";
import type { Reducer } from "./mining/reducer.js";
import { miningProblems, reducerOf } from "./mining/registered.js";
import { costOf } from "./mining/triplet-cost.js";
import { unitsOf } from "./mining/units.js";

const KEYS = ["margin", "smooth", "distance", "reducer"] as const;

/** Options of `HardClusterLoss`. */
export interface HardClusterOptions {
  /** How much farther than its farthest row the nearest other center must be from a center to cost nothing. Default 0.5. */
  readonly margin?: number;
  /** `log(1 + exp(difference + margin))` instead of `max(0, difference + margin)`. Default false. */
  readonly smooth?: boolean;
  /** Default "cosine". */
  readonly distance?: DistanceChoice;
  /** Over groups. Default null: the mean. */
  readonly reducer?: Reducer | SavedPart | null;
}

/**
 * A triplet of each group of the batch instead of each row: the anchor is the group's center, the mean of its rows; the positive is the
 * row of the group that is farthest from it, the negative the nearest center of another group:
 * `max(0, d(center, row) - d(center, other center) + margin)`. Fewer and steadier triplets than those of rows, of which one wrong label
 * spoils less. Groups of one row have no triplet, but a center. `O(n²)` for n rows.
 *
 * There is no paper: the triplets are those of `HardClusterSampler` of Catalyst and `HardClusterMiner` of OpenMetricLearning.
 */
export class HardClusterLoss extends SimilarityLoss<"group"> {
  /** Name it is saved by. */
  static readonly type = "HardClusterLoss";
  override readonly kind = "group";
  override readonly separable = false;
  override readonly distance: Distance;
  readonly #options: { readonly margin: number; readonly smooth: boolean };
  readonly #given: Reducer | null;
  readonly #reducer: Reducer;

  constructor(options: HardClusterOptions = {}) {
    super();
    const { margin = 0.5, smooth = false, distance = "cosine", reducer } = options;
    refuse("HardClusterLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems({ reducer }),
      atLeast("margin", margin, 0),
      flag("smooth", smooth),
    ]);
    this.#options = Object.freeze({ margin, smooth });
    this.distance = distanceNamed(distance);
    this.#given = reducerOf(reducer);
    this.#reducer = this.#given ?? new MeanReducer();
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): HardClusterLoss {
    return new HardClusterLoss(savedOptions<HardClusterOptions>("HardClusterLoss", config, KEYS));
  }

  override get config(): JsonObject {
    const reducer = this.#given && { type: this.#given.type, config: this.#given.config };
    return { ...this.#options, distance: savedDistance(this.distance), reducer };
  }

  override compute(_parameters: TensorTree, rows: tf.Tensor2D, { groups }: Targets<"group">): LossValue {
    const { distance } = this;
    const same = equalPairs(groups, groups);
    const sizes = tf.sum<tf.Tensor2D>(same, 1, true);
    const centers = tf.div<tf.Tensor2D>(tf.matMul(same, rows), sizes); // of each row's group
    const [farthest, nearest] = withoutGradient(() => [
      tf.tidy(() => farthestColumn(distance.matrix(centers, rows), same)),
      tf.tidy(() => nearestColumn(distance.matrix(centers, centers), tf.sub(1, same))),
    ]) as [tf.Tensor1D, tf.Tensor1D];
    const count = groups.shape[0];
    // The first row of a group stands for it.
    const later = tf.step(tf.sub(tf.range(0, count), tf.cast(tf.argMax(same, 1), "float32")));
    const size = tf.squeeze(sizes, [1]);
    const several = tf.mul(tf.step(tf.sub(size, 1)), tf.step(tf.sub(count, size)));
    const gaps = tf.sub(
      distance.pairs(centers, tf.gather(rows, farthest)),
      distance.pairs(centers, tf.gather(centers, nearest)),
    );
    // Whatever is NaN in a batch is to be seen, also where it was not chosen.
    const unseen = withoutGradient(() => tf.sum(tf.mul(rows, 0)));
    const losses = costOf(tf.add(gaps, unseen), this.#options);
    return this.#reducer.reduce(unitsOf(losses, tf.mul(several, tf.sub(1, later))), groups);
  }
}
