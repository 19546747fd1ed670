import type { LossValue } from "../../lib/contracts/loss.js";
import { refuse, requireOptions, savedOptions, unknownOptions } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import { show } from "../../lib/show.js";
import { meanOf, Reducer } from "./reducer.js";
import type { Units } from "./units.js";

const KEYS = ["low", "high"] as const;

/** Options of `ThresholdReducer`; at least one of them. */
export interface ThresholdReducerOptions {
  /** Units of this loss or less are left out. Default null: none. */
  readonly low?: number | null;
  /** Units of this loss or more are left out, such as wrong labels. Default null: none. */
  readonly high?: number | null;
}

/** The mean over units whose loss lies between two bounds. */
export class ThresholdReducer extends Reducer {
  /** Name it is saved by. */
  static readonly type = "ThresholdReducer";
  readonly #low: number | null;
  readonly #high: number | null;

  constructor(options: ThresholdReducerOptions) {
    super();
    requireOptions("ThresholdReducer", options, "options such as { low, high }");
    const { low = null, high = null } = options;
    const bound = (name: string, value: unknown): string | null =>
      value === null || Number.isFinite(value) ? null : `${name}: expected a number or null, got ${show(value)}`;
    refuse("ThresholdReducer", [
      ...unknownOptions(options, KEYS),
      bound("low", low),
      bound("high", high),
      low === null && high === null ? "low, high: give at least one" : null,
      low !== null && high !== null && low >= high ? `low: must be below high, got ${low} and ${high}` : null,
    ]);
    this.#low = low;
    this.#high = high;
  }

  static from(config: JsonObject): ThresholdReducer {
    return new ThresholdReducer(savedOptions<ThresholdReducerOptions>("ThresholdReducer", config, KEYS));
  }

  override get config(): JsonObject {
    return { low: this.#low, high: this.#high };
  }

  override reduce(units: Units): LossValue {
    return meanOf(units.between(this.#low ?? -Infinity, this.#high ?? Infinity));
  }
}
