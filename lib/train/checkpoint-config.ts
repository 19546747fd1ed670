import { settle } from "../config.js";
import { IsBoolean, IsIn, IsInt, IsNumber, IsOptional, IsPositive, IsString, Min, ValidateBy } from "../validation.js";
import { patternProblem } from "./checkpoint-name.js";

/** Which states of a run are written to `runDir/run-N/checkpoints`. */
export class CheckpointConfig {
  /** Logged name that decides which state is the best. Default: the one early stopping watches, else none and only the last is kept. */
  @IsOptional() @IsString() readonly monitor: string | null = null;
  /** "min" when smaller is better. Default: what the metric says, "min" for losses. */
  @IsOptional() @IsIn(["min", "max"]) readonly mode: "min" | "max" | null = null;
  /** How many of the best states are kept: -1 = all, 0 = none is written. More than one needs something to watch. Default 1. */
  @IsInt() @Min(-1) readonly saveTopK: number = 1;
  /** Write the last state, from which a run is resumed. Default true. */
  @IsBoolean() readonly saveLast: boolean = true;
  /** Epochs between writings of the last state; null = not by epochs. Default 1. */
  @IsOptional() @IsInt() @Min(1) readonly everyEpochs: number | null = 1;
  /** Also write it every so many optimizer updates. Default never. */
  @IsOptional() @IsInt() @Min(1) readonly everySteps: number | null = null;
  /** Also write it after the first step that ends so many minutes after the last writing. Default never. */
  @IsOptional() @IsNumber() @IsPositive() readonly everyMinutes: number | null = null;
  /**
   * Folder names of the best states: "epoch{epoch}-loss{validation/loss:.3f}". `{epoch}` (from 0), `{step}` and every logged name may be used,
   * with `:.nf` for n decimals; a name that is taken gets "-v1". Default "best", and "step{step}" when more than one is kept.
   */
  @IsOptional() @IsString() @IsPattern() readonly filename: string | null = null;
  /** Write the last state when the run fails, as it was after the last step that worked. Default true. */
  @IsBoolean() readonly onException: boolean = true;

  constructor(given: Partial<CheckpointConfig> = {}) {
    settle<CheckpointConfig>(this, given);
  }
}

function IsPattern(): PropertyDecorator {
  let problem: string | null = null;
  const validate = (value: unknown): boolean => {
    problem = typeof value === "string" ? patternProblem(value) : null;
    return problem === null;
  };
  return ValidateBy({ name: "isPattern", validator: { validate, defaultMessage: () => `$property ${problem ?? ""}` } });
}
