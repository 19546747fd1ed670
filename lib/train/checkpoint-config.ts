import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Min } from "../validation.js";
import { settle } from "../config.js";

/** Which states of a run are written to `runDir/checkpoints`. */
export class CheckpointConfig {
  /** Logged name that decides which state is the best. Default: the one early stopping watches, else none and only the last is kept. */
  @IsOptional() @IsString() readonly monitor: string | null = null;
  /** "min" when smaller is better. Default: what the metric says, "min" for losses. */
  @IsOptional() @IsIn(["min", "max"]) readonly mode: "min" | "max" | null = null;
  /** Write the last state, from which a run is resumed. Default true. */
  @IsBoolean() readonly saveLast: boolean = true;
  /** Epochs between writings of the last state. Default 1. */
  @IsInt() @Min(1) readonly everyEpochs: number = 1;
  /** Also write it every so many optimizer updates. Default never. */
  @IsOptional() @IsInt() @Min(1) readonly everySteps: number | null = null;

  constructor(given: Partial<CheckpointConfig> = {}) {
    settle<CheckpointConfig>(this, given);
  }
}
