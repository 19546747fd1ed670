import { above, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import { rowsWithAny } from "../lib/tensor/masks.js";
import * as tf from "../lib/tensor/tf.js";
import { DistanceMatrixLoss, type DistanceMatrixOptions, type Judgement } from "./distance-matrix-loss.js";
import type { Comparison } from "./mining/comparison.js";
import type { Mined } from "./mining/miner.js";
import { miningProblems } from "./mining/registered.js";
import { unitsOf } from "./mining/units.js";

const KEYS = ["angle", "miner", "reducer"] as const;

/** Beyond it, exponentials overflow; 70 degrees. */
const LARGEST = (70 / 180) * Math.PI;

/** Options of `AngularLoss`. It compares by cosine. */
export interface AngularOptions extends Pick<DistanceMatrixOptions, "miner" | "reducer"> {
  /** Largest angle at a negative in the triangle that it forms with a positive pair, in radians. Default 2π / 9, that is 40 degrees. */
  readonly angle?: number;
}

/**
 * Bounds the angle at the negative in the triangle of anchor, positive and negative, which says how the three lie to each other
 * whatever the size of the triangle: `log(1 + Σ_negatives exp(4 t (a + p)·n - 2 (1 + t) a·p))` with `t = tan² angle` and rows of length
 * 1, averaged over pairs (a, p) whose row a has a negative.
 *
 * The sum over negatives is a product of matrices, so that no triplet is looked at one by one: `O(n²)` memory for n rows.
 *
 * Wang, Zhou, Wen, Liu, Lin, "Deep Metric Learning with Angular Loss", ICCV 2017.
 */
export class AngularLoss extends DistanceMatrixLoss {
  /** Name it is saved by. */
  static readonly type = "AngularLoss";
  readonly #angle: number;

  constructor(options: AngularOptions = {}) {
    const { angle = (2 * Math.PI) / 9, miner, reducer } = options;
    refuse("AngularLoss", [
      ...unknownOptions(options, KEYS),
      ...miningProblems({ miner, reducer }),
      above("angle", angle, 0),
      angle > LARGEST ? `angle: expected radians up to 1.22, 70 degrees, got ${angle}` : null,
    ]);
    super({ miner: miner ?? null, reducer: reducer ?? null });
    this.#angle = angle;
  }

  /**
   * Makes the loss again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): AngularLoss {
    return new AngularLoss(savedOptions<AngularOptions>("AngularLoss", config, KEYS));
  }

  override get config(): JsonObject {
    const { distance: _always, ...shared } = this.sharedConfig;
    return { angle: this.#angle, ...shared };
  }

  protected override judge(
    distances: tf.Tensor2D,
    { positives, negatives }: Mined,
    { within, columns }: Comparison,
  ): Judgement {
    const steep = Math.tan(this.#angle) ** 2;
    const power = (d: tf.Tensor2D): tf.Tensor2D => tf.exp(tf.mul(tf.sub(1, d), 4 * steep));
    const ofAnchor = power(distances);
    const ofPositive = within ? ofAnchor : power(this.distance.matrix(columns, columns));
    const sums = tf.matMul(tf.mul<tf.Tensor2D>(ofAnchor, negatives), ofPositive, false, true); // [n, m], over the negatives
    const losses = tf.log1p(tf.mul(sums, tf.exp(tf.mul(tf.sub(distances, 1), 2 * (1 + steep)))));
    return { terms: { pairs: unitsOf(losses, tf.mul(positives, tf.expandDims(rowsWithAny(negatives), 1))) } };
  }
}
