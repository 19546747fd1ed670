import { Distance, type InnerProductForm } from "../contracts/distance.js";
import { above, atLeast, flag, refuse, savedOptions, unknownOptions } from "../contracts/options.js";
import type { JsonObject } from "../json.js";
import { powersOfDifferences, squaredDistances } from "../tensor/pairwise.js";
import { powerOrZero, unitRows } from "../tensor/rows.js";
import * as tf from "../tensor/tf.js";

const KEYS = ["p", "power", "normalize"] as const;

/** Options of `Lp`. */
export interface LpOptions {
  /** At least 1; 1 is manhattan, 2 euclidean. Default 2. */
  readonly p?: number;
  /** The length of the difference is raised to it. Default 1. */
  readonly power?: number;
  /** Divide vectors by their length (the euclidean one) first. Default false. */
  readonly normalize?: boolean;
}

/**
 * A power of the p-norm of the difference: `(Σ |x - y|^p)^(power / p)`. The gradient at distance zero is zero. Similarity is
 * `1 / (1 + d)`, 0..1. With another p than 2 much slower on matrices.
 */
export class Lp extends Distance {
  readonly name = "lp";
  override readonly config: JsonObject;
  readonly #options: Required<LpOptions>;

  constructor(options: LpOptions = {}) {
    super();
    const { p = 2, power = 1, normalize = false } = options;
    refuse("Lp", [
      ...unknownOptions(options, KEYS),
      atLeast("p", p, 1),
      above("power", power, 0),
      flag("normalize", normalize),
    ]);
    this.#options = Object.freeze({ p, power, normalize });
    this.config = { p, power, normalize };
  }

  /**
   * Makes the distance again from its saved configuration.
   * @throws ConfigError when a key is missing or unknown.
   */
  static from(config: JsonObject): Lp {
    return new Lp(savedOptions<LpOptions>("Lp", config, KEYS));
  }

  override matrix(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D {
    const { p, power } = this.#options;
    const x = this.#scaled(left);
    const y = left === right ? x : this.#scaled(right);
    return powerOrZero(p === 2 ? squaredDistances(x, y) : powersOfDifferences(x, y, p), power / p);
  }

  override pairs(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor1D {
    const { p, power } = this.#options;
    const difference = tf.sub(this.#scaled(left), this.#scaled(right));
    const powers = p === 2 ? tf.square(difference) : p === 1 ? tf.abs(difference) : powerOrZero(tf.abs(difference), p);
    return powerOrZero(tf.sum<tf.Tensor1D>(powers, 1), power / p);
  }

  override similarity<T extends tf.Tensor>(distance: T): T {
    return tf.reciprocal(tf.add(distance, 1));
  }

  override asInnerProduct(): InnerProductForm | null {
    const { p, power, normalize } = this.#options;
    if (p !== 2) return null;
    return {
      normalize,
      subtractHalfSquaredNorm: true,
      distance: (score, leftSquaredNorm) => Math.max(0, leftSquaredNorm - 2 * score) ** (power / 2),
    };
  }

  #scaled(rows: tf.Tensor2D): tf.Tensor2D {
    return this.#options.normalize ? unitRows(rows) : rows;
  }
}
