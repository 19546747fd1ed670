import { above, refuse, savedOptions, unknownOptions } from "../lib/contracts/options.js";
import type { JsonObject } from "../lib/json.js";
import { inTurn } from "../lib/tensor/in-turn.js";
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
    const losses = within
      ? pairLosses(distances, null, negatives, steep)
      : pairLosses(distances, this.distance.matrix(columns, columns), negatives, steep);
    return { terms: { pairs: unitsOf(losses, tf.mul(positives, tf.expandDims(rowsWithAny(negatives), 1))) } };
  }
}

/** Distances, sums, negatives, powers of the distances, and those of the columns when they are others. */
type Saved = [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D?];

/**
 * `[n, m]` of `[n, m]` cosine distances, and `[m, m]` of the columns among each other, null for the same ones. With its own gradient,
 * which keeps two matrices instead of ten.
 */
function pairLosses(
  distances: tf.Tensor2D,
  among: tf.Tensor2D | null,
  negatives: tf.Tensor2D,
  steep: number,
): tf.Tensor2D {
  const power = (d: tf.Tensor): tf.Tensor2D =>
    inTurn(
      tf.sub(1, d) as tf.Tensor2D,
      (held) => tf.mul(held, 4 * steep),
      (held) => tf.exp(held),
    );
  const ofPair = (d: tf.Tensor): tf.Tensor2D =>
    inTurn(
      tf.sub(d, 1) as tf.Tensor2D,
      (held) => tf.mul(held, 2 * (1 + steep)),
      (held) => tf.exp(held),
    );
  const of = tf.customGrad((...all) => {
    const save = all.pop() as unknown as tf.GradSaveFunc;
    const [d, others] = all as unknown as [tf.Tensor2D, tf.Tensor2D?];
    const ofAnchor = power(d);
    const ofPositive = others === undefined ? ofAnchor : power(others);
    const apart = tf.mul<tf.Tensor2D>(ofAnchor, negatives);
    // Over the negatives.
    const sums = inTurn(tf.matMul(apart, ofPositive, false, true), (held) => {
      const factor = ofPair(d);
      const product = tf.mul<tf.Tensor2D>(held, factor);
      factor.dispose();
      return product;
    });
    apart.dispose();
    save([d, sums, negatives, ofAnchor, ...(others === undefined ? [] : [ofPositive])]);
    return {
      value: tf.log1p(sums),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.tidy(() => {
          const [at, total, apart, left, right = left] = saved as Saved;
          const share = tf.tidy(() => tf.div(dy, tf.add(total, 1)));
          const direct = inTurn(tf.mul(share, total), (held) => tf.mul(held, 2 * (1 + steep)));
          const onSums = tf.tidy(() => tf.mul<tf.Tensor2D>(share, ofPair(at)));
          share.dispose();
          const onLeft = inTurn(
            tf.matMul(onSums, right),
            (held) => tf.mul(held, apart),
            (held) => tf.mul(held, left),
          );
          const onRight = tf.tidy(() =>
            tf.mul(tf.matMul(onSums, tf.mul<tf.Tensor2D>(left, apart), true, false), right),
          );
          onSums.dispose();
          const slope = (found: tf.Tensor): tf.Tensor => tf.mul(found, -4 * steep);
          if (right !== left) return [tf.add(direct, slope(onLeft)), slope(onRight)];
          return [inTurn(tf.add(onLeft, onRight), slope, (held) => tf.add(held, direct))];
        }),
    };
  });
  return (among === null ? of(distances) : of(distances, among)) as tf.Tensor2D;
}
