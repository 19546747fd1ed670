import { IsBoolean, IsIn, IsInt, IsNumber, IsOptional, IsString, Min, ValidateBy } from "../validation.js";
import { settle } from "../config.js";
import { IsPath } from "../contracts/path.js";
import { CheckpointConfig } from "./checkpoint-config.js";
import { EarlyStoppingConfig } from "./early-stopping-config.js";
import { EmaConfig } from "./ema-config.js";

/** Between two validations. */
export type Every = { readonly epochs: number } | { readonly steps: number };
/** A number of batches, or with a fraction below 1 (or exactly 1.0 as "all") a share of them. */
export type BatchLimit = number | null;

/** Forms in which logged numbers are written. */
export type LogFormat = "csv" | "jsonLines" | "tensorBoard";

/**
 * How a model is trained. Every option has a default; unknown options are errors.
 */
export class TrainerConfig {
  /** Epochs at most. When neither this, maxSteps nor maxTime is given: 1000, ended by early stopping, with a warning. */
  @IsOptional() @IsInt() @Min(1) readonly maxEpochs: number | null = null;
  /** Epochs before early stopping may end the run. Default 0. */
  @IsInt() @Min(0) @IsAtMost("maxEpochs") readonly minEpochs: number = 0;
  /** Optimizer updates at most. */
  @IsOptional() @IsInt() @Min(1) readonly maxSteps: number | null = null;
  /** Optimizer updates before early stopping may end the run. Default 0. */
  @IsInt() @Min(0) @IsAtMost("maxSteps") readonly minSteps: number = 0;
  /** Seconds at most, or "DD:HH:MM:SS". */
  @IsOptional() @IsDuration() readonly maxTime: number | string | null = null;
  /** When the validation loader is run. Default after every epoch. */
  @IsEvery() readonly validateEvery: Every = { epochs: 1 };
  /** Validation batches run before the first step, to find mistakes early. Default 2. */
  @IsInt() @Min(0) readonly sanityValidationBatches: number = 2;
  /** Batches of an epoch that are used: a count from 1, or a fraction below 1. Default all. */
  @IsOptional() @IsBatchLimit() readonly limitTrainBatches: BatchLimit = null;
  /** The same for each validation. */
  @IsOptional() @IsBatchLimit() readonly limitValidationBatches: BatchLimit = null;
  /** The same for `test`. */
  @IsOptional() @IsBatchLimit() readonly limitTestBatches: BatchLimit = null;
  /** The same for `predict`. */
  @IsOptional() @IsBatchLimit() readonly limitPredictBatches: BatchLimit = null;
  /** Train and validate on the same first batches, unshuffled: can the model learn them by heart? Default off. */
  @IsOptional() @IsInt() @Min(1) readonly overfitBatches: number | null = null;
  /** Run so many batches of one epoch (true = 1) through everything, writing no files. Default off. */
  @IsFastRun() readonly fastDevRun: boolean | number = false;
  /** Batches whose gradients make one update. Default 1. */
  @IsInt() @Min(1) readonly accumulate: number = 1;
  /** Scale gradients so that their global norm is at most this. Default off. */
  @IsOptional() @IsNumber() @Min(0) readonly clipNorm: number | null = null;
  /** Cut each number of the gradients to at most this size. Default off. */
  @IsOptional() @IsNumber() @Min(0) readonly clipValue: number | null = null;
  /** Updates between two logged steps. Default 50, or the batches of an epoch when these are fewer. */
  @IsInt() @Min(1) readonly logEvery: number = 50;
  /** Decides everything random. Default 0. */
  @IsInt() readonly seed: number = 0;
  /** Folder for checkpoints and logs; each run gets a folder in it ("run-1", …). Default none: nothing is written. */
  @IsOptional() @IsPath() readonly runDir: string | null = null;
  /** What is written beside the checkpoints in `runDir`. Default all three. */
  @IsIn(["csv", "jsonLines", "tensorBoard"], { each: true }) readonly logs: readonly LogFormat[] = [
    "csv",
    "jsonLines",
    "tensorBoard",
  ];
  /** Default "auto": the fastest engine that loads; the environment variable LIKEWISE_ENGINE wins over "auto". */
  @IsIn(["auto", "compiled", "eager"]) readonly engine: "auto" | "compiled" | "eager" = "auto";
  /** Threads of the engine. Default: the engine's choice. */
  @IsOptional() @IsInt() @Min(1) readonly threads: number | null = null;
  /**
   * What runs compiled steps: an execution provider of onnxruntime-node, "cuda", "webgpu", "coreml", "dml"…, where the installed build
   * has it; one that is not there is an error before training. For "cuda" and "tensorrt", the environment variable
   * NVIDIA_TF32_OVERRIDE is set to 0 unless it is set, so that float32 is multiplied as such. Default: the processor.
   */
  @IsOptional() @IsString() readonly executionProvider: string | null = null;
  /** Print progress: a bar on a terminal, lines otherwise. Default true. False: warnings become warnings of the process. */
  @IsBoolean() readonly progress: boolean = true;
  /** Default off (on when nothing else limits the run). */
  @IsOptional() readonly earlyStopping: EarlyStoppingConfig | null = null;
  /** Default: best and last into `runDir`; false = none. */
  readonly checkpoint: CheckpointConfig | false = new CheckpointConfig();
  /** Exponential moving average of the parameters. Default off. */
  @IsOptional() readonly ema: EmaConfig | null = null;
  /** What a loss or gradient that is not finite does: end with an error that names the culprit, or leave out the batch. Default "stop". */
  @IsIn(["stop", "skip"]) readonly onNonFinite: "stop" | "skip" = "stop";
  /** Let SIGINT and SIGTERM end the run like an AbortSignal. Default false: the library leaves signals alone. */
  @IsBoolean() readonly handleSignals: boolean = false;

  constructor(given: TrainerOptions = {}) {
    settle<TrainerConfig>(this, given as Partial<TrainerConfig>, {
      earlyStopping: EarlyStoppingConfig,
      checkpoint: CheckpointConfig,
      ema: EmaConfig,
    });
  }
}

/** `TrainerConfig` as users write it: every option may be left out, nested configurations may be plain objects. */
export type TrainerOptions = Partial<Omit<TrainerConfig, "earlyStopping" | "checkpoint" | "ema">> & {
  readonly earlyStopping?: Partial<EarlyStoppingConfig> | null;
  readonly checkpoint?: Partial<CheckpointConfig> | false;
  readonly ema?: Partial<EmaConfig> | null;
};

/** Seconds of "DD:HH:MM:SS" or of a number; null stays null. */
export function seconds(duration: number | string | null): number | null {
  if (duration === null || typeof duration === "number") return duration;
  const [days = 0, hours = 0, minutes = 0, rest = 0] = duration.split(":").map(Number);
  return ((days * 24 + hours) * 60 + minutes) * 60 + rest;
}

function rule(name: string, message: string, validate: (value: unknown) => boolean): PropertyDecorator {
  return ValidateBy({ name, validator: { validate, defaultMessage: () => `$property ${message}` } });
}

/** Not above another option, where that is given. */
function IsAtMost(limit: "maxEpochs" | "maxSteps"): PropertyDecorator {
  return ValidateBy({
    name: "isAtMost",
    validator: {
      validate(value: unknown, given) {
        const most = (given?.object as Partial<TrainerConfig> | undefined)?.[limit] ?? Infinity;
        return !(typeof value === "number" && value > most);
      },
      defaultMessage: () => `$property must not be above ${limit}`,
    },
  });
}

function IsDuration(): PropertyDecorator {
  return rule("isDuration", 'must be a number of seconds above 0 or "DD:HH:MM:SS"', (value) =>
    typeof value === "number"
      ? value > 0
      : typeof value === "string" && /^\d+:[0-2]?\d:[0-5]?\d:[0-5]?\d$/u.test(value),
  );
}

function IsEvery(): PropertyDecorator {
  return rule("isEvery", "must be { epochs: n } or { steps: n } with a whole n from 1", (value) => {
    if (typeof value !== "object" || value === null) return false;
    const entries = Object.entries(value as Readonly<Record<string, unknown>>);
    const [[key, count] = []] = entries;
    return (
      entries.length === 1 && (key === "epochs" || key === "steps") && Number.isInteger(count) && (count as number) >= 1
    );
  });
}

function IsBatchLimit(): PropertyDecorator {
  return rule(
    "isBatchLimit",
    "must be a whole number from 1, or a fraction above 0 and below 1",
    (value) => typeof value === "number" && (Number.isInteger(value) ? value >= 1 : value > 0 && value < 1),
  );
}

function IsFastRun(): PropertyDecorator {
  return rule(
    "isFastRun",
    "must be true, false or a whole number from 1",
    (value) => typeof value === "boolean" || (Number.isInteger(value) && (value as number) >= 1),
  );
}
