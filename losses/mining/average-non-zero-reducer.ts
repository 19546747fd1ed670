import type { LossValue } from "../../lib/contracts/loss.js";
import { refuse, savedOptions, unknownOptions } from "../../lib/contracts/options.js";
import type { JsonObject } from "../../lib/json.js";
import { meanOf, Reducer } from "./reducer.js";
import type { Units } from "./units.js";

/** The mean over units whose loss is above zero, so that those the model already gets right do not thin out the others. */
export class AverageNonZeroReducer extends Reducer {
  /** Name it is saved by. */
  static readonly type = "AverageNonZeroReducer";
  readonly config: JsonObject = {};

  constructor(options: Readonly<Record<string, never>> = {}) {
    super();
    refuse("AverageNonZeroReducer", unknownOptions(options, []));
  }

  static from(config: JsonObject): AverageNonZeroReducer {
    return new AverageNonZeroReducer(savedOptions<Record<string, never>>("AverageNonZeroReducer", config, []));
  }

  override reduce(units: Units): LossValue {
    return meanOf(units.between(0, Infinity));
  }
}
