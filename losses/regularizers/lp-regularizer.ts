import { above, atLeast, refuse, savedOptions, unknownOptions } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import { powerOrZero } from "../../lib/tensor/rows.js";
import * as tf from "../../lib/tensor/tf.js";
import { Regularizer } from "./regularizer.js";

const KEYS = ["p", "power"] as const;

/** Options of `LpRegularizer`. */
export interface LpRegularizerOptions {
  /** At least 1. Default 2, the length. */
  readonly p?: number;
  /** The length is raised to it. Default 1. */
  readonly power?: number;
}

/** Keeps vectors short: `(Σ |x|^p)^(power / p)`. For losses that compare lengths too, such as those over dot products. */
export class LpRegularizer extends Regularizer {
  /** Name it is saved by. */
  static readonly type = "LpRegularizer";
  readonly #options: Required<LpRegularizerOptions>;

  constructor(options: LpRegularizerOptions = {}) {
    super();
    const { p = 2, power = 1 } = options;
    refuse("LpRegularizer", [...unknownOptions(options, KEYS), atLeast("p", p, 1), above("power", power, 0)]);
    this.#options = Object.freeze({ p, power });
  }

  static from(config: JsonObject): LpRegularizer {
    return new LpRegularizer(savedOptions<LpRegularizerOptions>("LpRegularizer", config, KEYS));
  }

  override get config(): JsonObject {
    return { ...this.#options };
  }

  override penalties(rows: tf.Tensor2D): tf.Tensor1D {
    const { p, power } = this.#options;
    const powers = p === 2 ? tf.square(rows) : powerOrZero(tf.abs(rows), p);
    return powerOrZero(tf.sum<tf.Tensor1D>(powers, 1), power / p);
  }
}
