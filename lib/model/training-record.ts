import type { SavedPart } from "../contracts/part.js";
import type { JsonObject } from "../json.js";

/** How much data a model was trained on; null where a loader does not know. */
export interface DataSizes {
  readonly trainItems: number | null;
  readonly trainBatches: number | null;
  readonly validationItems: number | null;
  readonly validationBatches: number | null;
  /** Distinct labels; 0 for samples without. */
  readonly groups: number;
}

/** Numbers that were logged at a step. */
export interface HistoryEntry {
  readonly step: number;
  /** From 0. */
  readonly epoch: number;
  readonly values: Readonly<Record<string, number>>;
}

/** How a model came to be, as far as the trainer knows. */
export interface TrainingRecord {
  /** Name of the class that described it. */
  readonly model: string;
  readonly kind: string;
  readonly loss: SavedPart;
  readonly optimizer: SavedPart;
  readonly steps: number;
  readonly epochs: number;
  readonly batchesPerEpoch: number | null;
  readonly seconds: number;
  readonly seed: number | string;
  readonly engine: string;
  /** How much data there was; absent in models of older versions. */
  readonly data?: DataSizes;
  /** Settings of the trainer that are not its defaults; absent in models of older versions. */
  readonly settings?: JsonObject;
  /** What was logged at the ends of epochs and validations, oldest first, at most 50 of them; absent in models of older versions. */
  readonly history?: readonly HistoryEntry[];
  /** The last values of logged metrics. */
  readonly metrics: Readonly<Record<string, number>>;
}
