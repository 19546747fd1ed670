import { finite, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import { inTurn } from "../lib/tensor/in-turn.js";
import { rowsWithAny } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
import {
  DISTANCE_MATRIX_KEYS,
  DistanceMatrixLoss,
  type DistanceMatrixOptions,
  type Judgement,
} from "./distance-matrix-loss.js";
import { logSumExpInRow } from "./log-sum-exp.js";
import type { Comparison } from "./mining/comparison.js";
import type { Mined } from "./mining/miner.js";
import { miningProblems } from "./mining/registered.js";
import { unitsOf } from "./mining/units.js";

const KEYS = ["negativeMargin", "positiveMargin", ...DISTANCE_MATRIX_KEYS] as const;

/** Options of `LiftedStructureLoss`. */
export interface LiftedStructureOptions extends DistanceMatrixOptions {
  /** Distance beyond which a negative hardly counts. Default 1. */
  readonly negativeMargin?: number;
  /** Taken off the distance of a positive. Default 0. */
  readonly positiveMargin?: number;
}

/**
 * Compares each positive pair with all negatives of both its ends: with `J = d(a, p) - positiveMargin + log(Σ_n exp(negativeMargin -
 * d(a, n)) + Σ_n exp(negativeMargin - d(p, n)))` over the negatives of a and those of p, `½ max(0, J)²`, averaged over ordered pairs
 * (a, p) one end of which has a negative. Against a memory, whose rows have no negatives of their own, the negatives of a alone.
 *
 * Euclidean distances by default. `O(n²)` for n rows.
 *
 * Oh Song, Xiang, Jegelka, Savarese, "Deep Metric Learning via Lifted Structured Feature Embedding", CVPR 2016.
 */
export class LiftedStructureLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "LiftedStructureLoss";
  readonly #options: { readonly negativeMargin: number; readonly positiveMargin: number };

  constructor(options: LiftedStructureOptions = {}) {
    const { negativeMargin = 1, positiveMargin = 0 } = options;
    refuse("LiftedStructureLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems(options),
      finite("negativeMargin", negativeMargin),
      finite("positiveMargin", positiveMargin),
    ]);
    super(options, { distance: "euclidean" });
    this.#options = Object.freeze({ negativeMargin, positiveMargin });
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): LiftedStructureLoss {
    return new LiftedStructureLoss(savedOptions<LiftedStructureOptions>("LiftedStructureLoss", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options, ...this.sharedConfig };
  }

  protected override judge(distances: tf.Tensor2D, { positives, negatives }: Mined, { within }: Comparison): Judgement {
    const { negativeMargin, positiveMargin } = this.#options;
    const ofRow = logSumExpInRow(tf.sub(negativeMargin, distances), negatives); // [n]
    const any = rowsWithAny(negatives);
    const anchorAny = tf.expandDims(any, 1);
    const sums = tf.sub<tf.Tensor1D>(ofRow, positiveMargin);
    if (!within) {
      const excess = tf.add(tf.expandDims(sums, 1), distances);
      const losses = tf.mul(tf.square(tf.relu(excess)), 0.5);
      return { terms: { pairs: unitsOf(losses, tf.mul(positives, anchorAny)) } };
    }
    const counts = tf.mul(positives, tf.maximum(anchorAny, tf.expandDims(any, 0)));
    return { terms: { pairs: unitsOf(pairLosses(distances, sums, any), counts) } };
  }
}

/** Stands for the logarithm of 0, and may still be subtracted. */
const NOTHING = -1e30;

/**
 * `[n, n]`, `½ max(0, d(a, p) + log(exp(sums(a)) + exp(sums(p))))²`, where a row without `any` adds nothing to the sum. With its own
 * gradient, `J` and `J` times the share of each end, which keeps one matrix instead of ten.
 */
function pairLosses(distances: tf.Tensor2D, sums: tf.Tensor1D, any: tf.Tensor1D): tf.Tensor2D {
  /** `[n, n]`, how much larger the sum of the anchor is. */
  const apart = (each: tf.Tensor): tf.Tensor => tf.sub(tf.expandDims(each, 1), tf.expandDims(each, 0));
  return tf.customGrad((givenDistances, givenSums, save) => {
    // Not by a product with 0, which would hide NaN.
    const each = tf.add(givenSums as tf.Tensor1D, tf.mul(tf.sub(1, any), NOTHING));
    const more = inTurn(
      apart(each),
      (held) => tf.abs(held),
      (held) => tf.neg(held),
      (held) => tf.softplus(held),
    );
    const excess = inTurn(
      tf.maximum(tf.expandDims(each, 1), tf.expandDims(each, 0)),
      (held) => tf.add(held, more),
      (held) => tf.add(held, givenDistances as tf.Tensor2D),
      (held) => tf.relu(held),
    );
    more.dispose();
    (save as tf.GradSaveFunc)([excess, each]);
    return {
      value: inTurn(tf.square(excess), (held) => tf.mul(held, 0.5)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.tidy(() => {
          const [kept, of] = saved as [tf.Tensor2D, tf.Tensor1D];
          const onDistance = tf.mul<tf.Tensor2D>(dy, kept);
          const onAnchor = inTurn(
            apart(of),
            (held) => tf.sigmoid(held),
            (held) => tf.mul(held, onDistance),
          );
          // What is not the anchor's is the other's.
          const ofAnchors = tf.sub<tf.Tensor1D>(tf.sum(onAnchor, 1), tf.sum(onAnchor, 0));
          return [onDistance, tf.add(ofAnchors, tf.sum(onDistance, 0))];
        }),
    };
  })(distances, sums) as tf.Tensor2D;
}
