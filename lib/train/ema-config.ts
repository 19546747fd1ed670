import { IsInt, IsNumber, Max, Min } from "../validation.js";
import { settle } from "../config.js";

/**
 * Exponential moving average of the parameters, used for validation and for the model that `fit` returns:
 * `average = decay · average + (1 - decay) · parameters` after every update.
 */
export class EmaConfig {
  /** In [0, 1). Default 0.999. */
  @IsNumber() @Min(0) @Max(0.999999999) readonly decay: number = 0.999;
  /** Updates before averaging starts; until then the average is the parameters. Default 0. */
  @IsInt() @Min(0) readonly startStep: number = 0;

  constructor(given: Partial<EmaConfig> = {}) {
    settle<EmaConfig>(this, given);
  }
}
