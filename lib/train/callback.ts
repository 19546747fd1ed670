import type { HostTargets } from "../contracts/batch.js";
import type { Distance } from "../contracts/distance.js";
import type { Stage } from "../contracts/metric.js";
import type { Group, Kind } from "../contracts/samples.js";
import type { Json } from "../json.js";
import type { SimilarityModel } from "../model/similarity-model.js";
import type { HostMatrix, HostTensors } from "../tensor/host.js";
import type { LogOptions } from "./log.js";
import type { Scalars } from "./events.js";
import type { Direction } from "./monitor.js";

/** What a run knows whatever the step. */
export interface RunFacts {
  /** That of the loss; null when it has none. */
  readonly distance: Distance | null;
  /** How many groups the train loader has: a number of a group below it is one of them. */
  readonly trainGroups: number;
  /** The label that the number of a group stands for. */
  labelOf(group: number): Group;
}

/** What a callback may look at and do. Plain data; valid during the hook. */
export interface CallbackContext {
  /** From 0; a validation between two epochs is of the one that has ended. */
  readonly epoch: number;
  /** Optimizer updates done. */
  readonly step: number;
  /** Position of the batch in its epoch; -1 outside of one. */
  readonly batch: number;
  /** Latest value of everything that was logged. */
  readonly metrics: Scalars;
  readonly run: RunFacts;
  log(name: string, value: number, options?: LogOptions): void;
  /** Ends the run after this step. */
  stop(message: string): void;
  /**
   * Copies of the current parameters by name.
   * @throws UsageError unless the callback declares `readsParameters`: engines publish parameters only to those that ask.
   */
  parameters(): Promise<HostTensors>;
  /**
   * The model as it is now, by averaged parameters where there are any: a copy, for items of the model that is trained. Dispose it, or use
   * it up to the end of the hook with `await using`.
   * @throws UsageError unless the callback declares `readsParameters`.
   */
  model(): Promise<SimilarityModel<unknown>>;
}

/** What a batch gave. */
export interface BatchOutcome {
  readonly stage: Stage | "sanity";
  readonly loss: number;
  /** Number of samples. */
  readonly size: number;
  /** What the model made of a batch of validation or test, and what is known of it; valid during the hook. Absent in training. */
  readonly rows?: { readonly embeddings: HostMatrix; readonly targets: HostTargets<Kind> };
}

/**
 * Code that runs at fixed points of a run. Hooks are awaited, in the order of the list of callbacks, checkpoints come after them.
 * What would happen inside a step (before or after the backward pass, before the update) belongs into the optimizer, as a transform of
 * gradients: `chain(clipGlobalNorm(1), adamw())`.
 */
export interface Callback {
  /** Under which its state is saved; needed when it has `state`. */
  readonly name?: string;
  /** Declares that hooks call `context.parameters()` or `context.model()`. */
  readonly readsParameters?: boolean;
  /** Declares that it does nothing without a validation loader: a run without one warns. */
  readonly readsValidation?: boolean;
  /** Which way the numbers that it logs get better, for those that monitor them. Default "min". */
  readonly directions?: Readonly<Record<string, Direction>>;
  /** Saved in checkpoints. */
  state?(): Json;
  /** Given what `state` returned, before `onFitStart` of a resumed run. */
  restore?(state: Json): void;

  setup?(context: CallbackContext): void | Promise<void>;
  teardown?(context: CallbackContext): void | Promise<void>;
  onFitStart?(context: CallbackContext): void | Promise<void>;
  onFitEnd?(context: CallbackContext): void | Promise<void>;
  onSanityCheckStart?(context: CallbackContext): void | Promise<void>;
  onSanityCheckEnd?(context: CallbackContext): void | Promise<void>;
  onTrainEpochStart?(context: CallbackContext): void | Promise<void>;
  onTrainEpochEnd?(context: CallbackContext): void | Promise<void>;
  onTrainBatchStart?(context: CallbackContext): void | Promise<void>;
  onTrainBatchEnd?(context: CallbackContext, outcome: BatchOutcome): void | Promise<void>;
  onValidationStart?(context: CallbackContext): void | Promise<void>;
  onValidationEnd?(context: CallbackContext): void | Promise<void>;
  onValidationBatchEnd?(context: CallbackContext, outcome: BatchOutcome): void | Promise<void>;
  onTestStart?(context: CallbackContext): void | Promise<void>;
  onTestEnd?(context: CallbackContext): void | Promise<void>;
  onTestBatchEnd?(context: CallbackContext, outcome: BatchOutcome): void | Promise<void>;
  onSaveCheckpoint?(context: CallbackContext): void | Promise<void>;
  onException?(context: CallbackContext, error: unknown): void | Promise<void>;
}

/** Hooks by name, for calling them in turn. */
export type Hook = {
  [Name in keyof Callback]-?: Required<Callback>[Name] extends (
    context: CallbackContext,
    ...rest: never[]
  ) => void | Promise<void>
    ? Name
    : never;
}[keyof Callback];
