import type { BatchLimit, TrainerConfig } from "./trainer-config.js";
import { seconds } from "./trainer-config.js";
import type { LoopState } from "./loop-state.js";
import type { StopReason } from "./events.js";
import { ConfigError } from "../errors.js";

/** How long a run lasts and how many batches each stage uses; null = no limit. */
export interface Limits {
  readonly maxEpochs: number | null;
  readonly maxSteps: number | null;
  readonly maxSeconds: number | null;
  readonly trainBatches: number | null;
  readonly validationBatches: number | null;
  /** Training batches of one epoch, when the loader knows. */
  readonly batchesPerEpoch: number | null;
  /** Updates of the whole run, when that can be known: what schedules run towards. */
  readonly totalSteps: number | null;
}

/** Why a run ends. */
export interface Stop {
  readonly reason: StopReason;
  readonly message: string;
}

/** Resolves the limits of a configuration for loaders of these sizes. */
export function limitsOf(config: TrainerConfig, trainSize: number | null, validationSize: number | null): Limits {
  const fast = config.fastDevRun === false ? null : Number(config.fastDevRun);
  const few = fast ?? config.overfitBatches;
  const trainBatches = few ?? countOf("limitTrainBatches", config.limitTrainBatches, trainSize);
  const validationBatches = few ?? countOf("limitValidationBatches", config.limitValidationBatches, validationSize);
  const unlimited = config.maxEpochs === null && config.maxSteps === null && config.maxTime === null;
  const maxEpochs = fast !== null ? 1 : (config.maxEpochs ?? (unlimited ? 1000 : null));
  const batchesPerEpoch = least(trainSize, trainBatches);
  const stepsPerEpoch = batchesPerEpoch === null ? null : Math.ceil(batchesPerEpoch / config.accumulate);
  const byEpochs = maxEpochs === null || stepsPerEpoch === null ? null : maxEpochs * stepsPerEpoch;
  return {
    maxEpochs,
    maxSteps: config.maxSteps,
    maxSeconds: seconds(config.maxTime),
    trainBatches,
    validationBatches,
    batchesPerEpoch,
    totalSteps: least(byEpochs, config.maxSteps),
  };
}

/** A limit as a count of batches. @throws ConfigError for a fraction of a loader of unknown size. */
export function countOf(option: string, limit: BatchLimit, size: number | null): number | null {
  if (limit === null || Number.isInteger(limit)) return limit;
  if (size === null) {
    throw new ConfigError("TrainerConfig", [
      `${option}: a fraction (${limit}) needs a loader that knows its size; give a count`,
    ]);
  }
  return Math.max(1, Math.floor(size * limit));
}

/** Why the run is over, or null. Asked after every update and every epoch. */
export function reached(limits: Limits, { epoch, step, seconds: spent }: LoopState): Stop | null {
  if (limits.maxSteps !== null && step >= limits.maxSteps)
    return { reason: "maxSteps", message: `${step} steps done (maxSteps)` };
  if (limits.maxSeconds !== null && spent >= limits.maxSeconds) {
    return { reason: "maxTime", message: `${spent.toFixed(1)} s trained (maxTime)` };
  }
  if (limits.maxEpochs !== null && epoch >= limits.maxEpochs)
    return { reason: "maxEpochs", message: `${epoch} epochs done (maxEpochs)` };
  return null;
}

/** Why the run is over when its signal says so, or null. */
export function interruptedBy(signal: AbortSignal | null): Stop | null {
  return signal?.aborted === true ? { reason: "interrupted", message: "stopped by its signal" } : null;
}

function least(left: number | null, right: number | null): number | null {
  if (left === null) return right;
  return right === null ? left : Math.min(left, right);
}
