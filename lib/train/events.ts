import type { Stage } from "../contracts/metric.js";

/** One row of the model summary. */
export interface SummaryRow {
  readonly part: string;
  readonly type: string;
  readonly outputSize: number | null;
  readonly parameters: number;
  readonly trainable: boolean;
}

/** Why a run ended. */
export type StopReason =
  "maxEpochs" | "maxSteps" | "maxTime" | "earlyStopping" | "interrupted" | "callback" | "fastDevRun";

/**
 * Plain numbers and texts: nothing in an event holds a tensor, so it can be kept, sent and printed. Epochs count from 0, and a validation
 * between two is of the one that has ended.
 */
export type TrainEvent =
  | {
      readonly type: "assembled";
      readonly model: string;
      readonly engine: string;
      readonly reason: string;
      readonly summary: readonly SummaryRow[];
      readonly batchesPerEpoch: number | null;
      readonly runDir: string | null;
      /** Step and epoch the run goes on from; 0 and 0 for a new one. */
      readonly step: number;
      readonly epoch: number;
    }
  | {
      readonly type: "caching";
      /** Names of the cached encoders. */
      readonly encoder: string;
      /** Items read. */
      readonly done: number;
      /** Items in all; null while that is unknown. */
      readonly total: number | null;
      /** Vectors computed so far; the others were known. */
      readonly computed: number;
      /** Vectors found that an earlier run has stored. */
      readonly loaded: number;
      /** Vectors found without computing them: in memory, of an item met before, or stored. */
      readonly hits: number;
      /** Bytes of vectors in memory, and in `saveDir`. */
      readonly memoryBytes: number;
      readonly diskBytes: number;
      /** Since filling began. */
      readonly seconds: number;
      readonly finished: boolean;
    }
  | {
      /** A part learns from the train items before the first step. */
      readonly type: "fitting";
      readonly part: "head";
      /** Its class. */
      readonly what: string;
      /** Items read, in all passes. */
      readonly done: number;
      /** Since fitting began. */
      readonly seconds: number;
      readonly finished: boolean;
    }
  | { readonly type: "epochStart"; readonly epoch: number; readonly step: number; readonly batches: number | null }
  | {
      readonly type: "step";
      readonly epoch: number;
      /** Optimizer updates done, this one included. */
      readonly step: number;
      /** Position of the batch in its epoch. */
      readonly batch: number;
      readonly loss: number;
      readonly gradientNorm: number;
      /** Batch metrics and loss terms that are shown in the progress bar. */
      readonly progress: Scalars;
    }
  | {
      readonly type: "metrics";
      readonly step: number;
      readonly epoch: number;
      readonly scope: "step" | "epoch";
      readonly values: Scalars;
    }
  | {
      readonly type: "epochEnd";
      readonly epoch: number;
      readonly step: number;
      readonly values: Scalars;
      readonly seconds: number;
    }
  | { readonly type: "validationStart"; readonly stage: Stage; readonly step: number; readonly batches: number | null }
  | { readonly type: "validationBatch"; readonly stage: Stage; readonly batch: number }
  | {
      readonly type: "validationEnd";
      readonly stage: Stage;
      readonly step: number;
      readonly values: Scalars;
      readonly seconds: number;
    }
  | {
      readonly type: "checkpoint";
      readonly step: number;
      readonly path: string;
      /** "best" so far, one of the best ("kept", see `saveTopK`), or the last. */
      readonly as: "best" | "kept" | "last";
      readonly score: number | null;
    }
  | { readonly type: "warning"; readonly code: string; readonly message: string }
  | {
      readonly type: "stopped";
      readonly reason: StopReason;
      readonly message: string;
      readonly step: number;
      /** How many are completed. */
      readonly epochs: number;
      readonly seconds: number;
    };

/** Numbers by name. */
export type Scalars = Readonly<Record<string, number>>;
