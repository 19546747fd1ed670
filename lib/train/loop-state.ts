/** Where a run stands; plain JSON, part of every checkpoint. */
export interface LoopState {
  /** Epochs completed. */
  epoch: number;
  /** Batches of the current epoch that are done. */
  batch: number;
  /** Optimizer updates done. */
  step: number;
  /** Training batches done in all epochs; names the noise of a batch. */
  batchesSeen: number;
  /** Batches whose gradients wait for an update. */
  pending: number;
  /** Batches left out in a row because their loss was not finite. */
  skippedInARow: number;
  /** Seconds trained, earlier parts of a resumed run included. */
  seconds: number;
}

/** The epoch, from 0, that batches were last of: between two epochs the one that has ended. */
export function latestEpoch({ epoch, batch }: LoopState): number {
  return batch > 0 ? epoch : Math.max(0, epoch - 1);
}

export function startOfRun(): LoopState {
  return { epoch: 0, batch: 0, step: 0, batchesSeen: 0, pending: 0, skippedInARow: 0, seconds: 0 };
}
