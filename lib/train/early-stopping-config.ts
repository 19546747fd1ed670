import { IsIn, IsInt, IsNumber, IsOptional, IsString, Min } from "../validation.js";
import { settle } from "../config.js";

/** When training ends early. */
export class EarlyStoppingConfig {
  /** Logged name to watch, such as "validation/recall@10". Default "validation/loss", without a validation loader "train/loss". */
  @IsOptional() @IsString() readonly monitor: string | null = null;
  /** "min" when smaller is better. Default: what the metric says, "min" for losses. */
  @IsOptional() @IsIn(["min", "max"]) readonly mode: "min" | "max" | null = null;
  /** A change smaller than this is none. Default 0. */
  @IsNumber() @Min(0) readonly minDelta: number = 0;
  /** Checks without improvement before training ends. Default 3. */
  @IsInt() @Min(1) readonly patience: number = 3;
  /** End as soon as the value is at least as good as this. */
  @IsOptional() @IsNumber() readonly stoppingThreshold: number | null = null;
  /** End as soon as the value is worse than this. */
  @IsOptional() @IsNumber() readonly divergenceThreshold: number | null = null;

  constructor(given: Partial<EarlyStoppingConfig> = {}) {
    settle<EarlyStoppingConfig>(this, given);
  }
}
