import type { SavedPart } from "../contracts/part.js";

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
  /** The last values of logged metrics. */
  readonly metrics: Readonly<Record<string, number>>;
}
