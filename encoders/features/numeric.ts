import { above, oneOf, optionProblems, refuse, savedOptions, wholeNumber } from "../../lib/contracts/options.js";
import type { InputLayout } from "../../lib/contracts/encoder.js";
import type { JsonObject } from "../../lib/json.js";
import type { Random } from "../../lib/random.js";
import { hostTensor, type HostTensors } from "../../lib/tensor/host.js";
import type { HostTree, Tensors, TensorTree } from "../../lib/tensor/tree.js";
import * as tf from "../../lib/tensor/tf.js";
import { doublesAsWeights, weightsAsDoubles } from "./doubles.js";
import { wrongValue, type Collated, type Column, type Feature, type Learner, type PlaceOf } from "./feature.js";
import { startTable } from "./table.js";
import { Moments } from "./moments.js";
import { countBelow, QuantileSample, rankAmong } from "./quantiles.js";

const SCALES = ["standard", "min-max", "log", "quantile", "none"] as const;

/** Options of `numeric`. */
export interface NumericOptions {
  /**
   * How numbers are brought to one size: "standard" to mean 0 and deviation 1, "min-max" to 0 … 1, "log" the logarithm of 1 + |x| with
   * the sign of x, then standard, for amounts; "quantile" the rank among the train numbers with deviation about 1, for outliers and odd
   * distributions; "none" as they are. Default "standard".
   */
  readonly scale?: (typeof SCALES)[number];
  /** Scaled numbers are kept within plus and minus this. Default 10. */
  readonly clip?: number;
  /** Ranges of equally many train numbers that have a trained vector each, beside the number itself; 0 for none. Default 0. */
  readonly buckets?: number;
  /** Width of these vectors. Default 8. */
  readonly size?: number;
}

/**
 * A number, or the text of one: the scaled number, and whether there is one (1 where the value is missing; the number is 0 then).
 */
export function numeric(options: NumericOptions = {}): Feature<number | string | null> {
  return { type: "numeric", options };
}

const CHECKS = {
  scale: (name: string, value: unknown) => oneOf(name, value, SCALES),
  clip: (name: string, value: unknown) => above(name, value, 0),
  buckets: (name: string, value: unknown) => (value === 0 ? null : wholeNumber(name, value, 2, 1000)),
  size: (name: string, value: unknown) => wholeNumber(name, value, 1),
};

/** Parts of the ranks that are known. */
const RANKS = 200;
/** Deviation of numbers spread evenly over 0 … 1. */
const EVEN = Math.sqrt(1 / 12);

export class NumericColumn implements Column {
  readonly type = "numeric";
  readonly numbers = 2;
  readonly #options: Required<NumericOptions>;
  /** Centre and width, or the quantiles. */
  #scale: readonly number[] | null = null;
  /** Inner borders of the buckets. */
  #borders: readonly number[] | null = null;

  constructor(given: object) {
    refuse("numeric", optionProblems(given, CHECKS));
    const { scale = "standard", clip = 10, buckets = 0, size = 8 } = given as NumericOptions;
    this.#options = { scale, clip, buckets, size };
  }

  static from(config: JsonObject): NumericColumn {
    return new NumericColumn(
      savedOptions<Required<NumericOptions>>("numeric", config, ["scale", "clip", "buckets", "size"]),
    );
  }

  get options(): JsonObject {
    return { ...this.#options };
  }

  get vectorSize(): number {
    return this.#options.buckets === 0 ? 0 : this.#options.size;
  }

  get fitted(): boolean {
    return (
      (this.#options.scale === "none" || this.#scale !== null) &&
      (this.#options.buckets === 0 || this.#borders !== null)
    );
  }

  get weights(): HostTensors {
    return {
      ...(this.#scale === null ? {} : { scale: doublesAsWeights(this.#scale) }),
      ...(this.#borders === null ? {} : { borders: doublesAsWeights(this.#borders) }),
    };
  }

  restore(weights: HostTensors): void {
    const { scale, buckets } = this.#options;
    if (scale !== "none")
      this.#scale = weightsAsDoubles(weights["scale"], scale === "quantile" ? RANKS + 1 : 2, "scale");
    if (buckets > 0) this.#borders = weightsAsDoubles(weights["borders"], buckets - 1, "borders");
  }

  learn(): Learner {
    const { scale, buckets } = this.#options;
    const moments = new Moments();
    const sample = new QuantileSample();
    let [least, most] = [Infinity, -Infinity];
    return {
      add: (given, place) => {
        const value = numberOf(given, place);
        if (value === null) return;
        moments.add(scale === "log" ? signedLog(value) : value);
        if (scale === "quantile" || buckets > 0) sample.add(value);
        least = Math.min(least, value);
        most = Math.max(most, value);
      },
      finish: () => {
        if (scale === "standard" || scale === "log") this.#scale = [moments.mean, moments.deviation];
        if (scale === "min-max")
          this.#scale = most > least ? [least, most - least] : [most === -Infinity ? 0 : least, 1];
        if (scale === "quantile") this.#scale = sample.divide(RANKS);
        if (buckets > 0) this.#borders = sample.divide(buckets).slice(1, -1);
      },
    };
  }

  collate(values: readonly unknown[], placeOf: PlaceOf): Collated {
    const numbers = new Float32Array(values.length * 2);
    const ids = new Int32Array(values.length);
    const { clip, buckets } = this.#options;
    values.forEach((given, row) => {
      const value = numberOf(given, () => placeOf(row));
      if (value === null) numbers[row * 2 + 1] = 1;
      else {
        numbers[row * 2] = Math.max(-clip, Math.min(clip, this.#scaled(value)));
        if (buckets > 0) ids[row] = 1 + countBelow(this.#borders ?? [], value, true);
      }
    });
    return { numbers, inputs: buckets === 0 ? {} : { ids: hostTensor(ids, [values.length]) } };
  }

  inputLayouts(): Readonly<Record<string, InputLayout>> {
    return this.#options.buckets === 0 ? {} : { ids: { dtype: "int32", shape: ["batch"] } };
  }

  /** Row 0 is for missing values. */
  initialize(random: Random): HostTree {
    const { buckets, size } = this.#options;
    return buckets === 0 ? {} : { table: startTable(random, buckets + 1, size, 1) };
  }

  apply({ table }: TensorTree, { ids }: Tensors): tf.Tensor2D {
    return tf.gather(table as tf.Tensor2D, ids as tf.Tensor1D);
  }

  #scaled(value: number): number {
    const { scale } = this.#options;
    const known = this.#scale ?? [0, 1];
    if (scale === "none") return value;
    if (scale === "quantile") return (rankAmong(known, value) - 0.5) / EVEN;
    return ((scale === "log" ? signedLog(value) : value) - known[0]!) / known[1]!;
  }
}

function signedLog(value: number): number {
  return Math.sign(value) * Math.log1p(Math.abs(value));
}

/** @throws DataError for what is no number; an unknown number (NaN) is a missing one. */
function numberOf(given: unknown, place: () => string): number | null {
  if (given === null || Number.isNaN(given)) return null;
  const value = typeof given === "string" && given.trim() !== "" ? Number(given) : given;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw wrongValue(place(), "a finite number or the text of one", given);
}
