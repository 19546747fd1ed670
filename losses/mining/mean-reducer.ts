import type { LossValue } from "../../lib/contracts/loss.js";
import { refuse, savedOptions, unknownOptions } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import { meanOf, Reducer } from "./reducer.js";
import type { Units } from "./units.js";

/** The mean over all units, also over those whose loss is zero. */
export class MeanReducer extends Reducer {
  /** Name it is saved by. */
  static readonly type = "MeanReducer";
  readonly config: JsonObject = {};

  constructor(options: Readonly<Record<string, never>> = {}) {
    super();
    refuse("MeanReducer", unknownOptions(options, []));
  }

  static from(config: JsonObject): MeanReducer {
    return new MeanReducer(savedOptions<Record<string, never>>("MeanReducer", config, []));
  }

  override reduce(units: Units): LossValue {
    return meanOf(units);
  }
}
