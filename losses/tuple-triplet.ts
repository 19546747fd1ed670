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
import { AverageNonZeroReducer } from "./mining/average-non-zero-reducer.js";
import { MeanReducer } from "./mining/mean-reducer.js";
import type { Reducer } from "./mining/reducer.js";
import { miningProblems, reducerOf } from "./mining/registered.js";
import { costOf } from "./mining/triplet-cost.js";
import { unitsOf, type Units } from "./mining/units.js";

const KEYS = ["margin", "smooth", "swap", "distance", "reducer"] as const;

/** Options of `TupleTripletLoss`. */
export interface TupleTripletOptions {
  /** How much farther than the positive a negative must be to cost nothing. Default 0.5. */
  readonly margin?: number;
  /** `log(1 + exp(d(a, p) - d(a, n) + margin))`: no triplet costs nothing, the hardest cost most. Default false. */
  readonly smooth?: boolean;
  /** Compare with `min(d(a, n), d(p, n))`: a negative is also pushed from the positive, where it is nearer to that. Default false. */
  readonly swap?: boolean;
  /** Default "cosine". */
  readonly distance?: DistanceChoice;
  /** Default null: the mean over triplets that cost something, which with `smooth` are all. */
  readonly reducer?: Reducer | SavedPart | null;
}

/**
 * The triplet loss of triplets that are given: `max(0, d(a, p) - d(a, n) + margin)` for each anchor with each positive and each negative
 * of its own tuple. `{ anchor, positives: [p], negatives: [n] }` is one triplet. Positives with score 0 are none.
 *
 * It sees no other row of the batch, and so no group: for those, `TripletLoss`. `O(P N)` for P positives and N negatives of a batch.
 *
 * Schroff, Kalenichenko, Philbin, "FaceNet", CVPR 2015; `swap`: Balntas, Riba, Ponsa, Mikolajczyk, "Learning local feature descriptors
 * with triplets and shallow convolutional neural networks", BMVC 2016.
 */
export class TupleTripletLoss extends SimilarityLoss<"tuple"> {
  /** Name it is saved by. */
  static readonly type = "TupleTripletLoss";
  override readonly kind = "tuple";
  override readonly separable = false;
  override readonly distance: Distance;
  readonly #options: { readonly margin: number; readonly smooth: boolean; readonly swap: boolean };
  readonly #given: Reducer | null;
  readonly #reducer: Reducer;

  constructor(options: TupleTripletOptions = {}) {
    super();
    const { margin = 0.5, smooth = false, swap = false, distance = "cosine", reducer } = options;
    refuse("TupleTripletLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems({ reducer }),
      atLeast("margin", margin, 0),
      flag("smooth", smooth),
      flag("swap", swap),
    ]);
    this.#options = Object.freeze({ margin, smooth, swap });
    this.distance = distanceNamed(distance);
    this.#given = reducerOf(reducer);
    this.#reducer = this.#given ?? (smooth ? new MeanReducer() : new AverageNonZeroReducer());
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): TupleTripletLoss {
    return new TupleTripletLoss(savedOptions<TupleTripletOptions>("TupleTripletLoss", config, KEYS));
  }

  override get config(): JsonObject {
    const reducer = this.#given && { type: this.#given.type, config: this.#given.config };
    return { ...this.#options, distance: savedDistance(this.distance), reducer };
  }

  override compute(_parameters: TensorTree, embeddings: tf.Tensor2D, targets: Targets<"tuple">): LossValue {
    const { positiveOwners, negativeOwners, scores } = targets;
    const [positiveCount, negativeCount] = [positiveOwners.shape[0], negativeOwners.shape[0]];
    if (positiveCount === 0 || negativeCount === 0)
      return { value: tf.sum<tf.Scalar>(tf.mul(embeddings, 0)), weight: tf.scalar(0) };
    const anchorCount = embeddings.shape[0] - positiveCount - negativeCount;
    const sizes = [anchorCount, positiveCount, negativeCount];
    const [anchors, positives, negatives] = tf.split(embeddings, sizes, 0) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
    const toAnchors = (rows: tf.Tensor2D, owners: tf.Tensor1D): tf.Tensor1D =>
      this.distance.pairs(tf.gather(anchors, owners), rows);
    const pulled = tf.expandDims(toAnchors(positives, positiveOwners), 1); // [P, 1]
    const pushed = tf.expandDims(toAnchors(negatives, negativeOwners), 0); // [1, N]
    const present = tf.step(tf.slice(scores, [0], [positiveCount]));
    const counts = tf.mul<tf.Tensor2D>(equalPairs(positiveOwners, negativeOwners), tf.expandDims(present, 1));
    const losses = costOf(
      this.#gaps(pulled, pushed, () => this.distance.matrix(positives, negatives)),
      this.#options,
    );
    const owners = equalPairs(tf.range(0, anchorCount, 1, "int32"), positiveOwners); // [anchors, P]
    return this.#reducer.reduce(byAnchor(unitsOf(losses, counts), owners), tf.tensor1d([], "int32"));
  }

  /** `[P, N]` */
  #gaps(pulled: tf.Tensor, pushed: tf.Tensor, among: () => tf.Tensor2D): tf.Tensor2D {
    if (!this.#options.swap) return tf.sub(pulled, pushed);
    const between = among();
    // The smaller one, because a minimum that broadcasts is a hundred times slower on wasm.
    return tf.add(tf.sub(pulled, between), tf.relu(tf.sub(between, pushed)));
  }
}

/** Units `[P, N]` of positives and negatives as those of their anchors, `[anchors]`. */
function byAnchor(units: Units, owners: tf.Tensor2D): Units {
  const summed = (places: tf.Tensor): tf.Tensor1D =>
    tf.reshape(tf.matMul(owners, tf.sum<tf.Tensor2D>(places, 1, true)), [-1]);
  return {
    get totals() {
      return summed(units.totals);
    },
    get counts() {
      return summed(units.counts);
    },
    between: (low, high) => byAnchor(units.between(low, high), owners),
  };
}
