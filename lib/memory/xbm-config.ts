import { IsBoolean, IsInt, IsNumber, IsOptional, Max, Min } from "../validation.js";
import { settle } from "../config.js";

/**
 * A memory of embeddings of earlier batches, with which a loss compares the current batch: more negatives (and positives) without a
 * larger batch. For losses that declare it, see `UsesMemory`: those of groups that compare embeddings, and of pairs with negatives from
 * the batch, which remember the second item of each pair.
 *
 * Rows of items that are in the current batch are left out, whatever epoch they are from: an item is not its own neighbour. The run logs
 * `train/memory`, the weighted part of the loss that the memory makes, and `train/memoryDrift`, how far rows move (mean cosine
 * distance) while they are remembered; where that is not small, start later, remember less, lower the learning rate or set `momentum`.
 *
 * Wang, Zhang, Huang, Scott, "Cross-Batch Memory for Embedding Learning", CVPR 2020.
 */
export class XbmConfig {
  /**
   * Rows remembered. More is not always better: losses that look at the hardest rows alone find harder ones in a larger memory, wrong
   * labels among them; give those a smaller memory or a smaller `weight`.
   */
  @IsInt() @Min(1) readonly bufferSize: number = 10_000;
  /**
   * Factor of the memory's term in the loss. At the default the batch, whose rows are fresh and get a gradient on both sides, counts twice as
   * much. With 1 a loss that mines the hardest of 10,000 rows learns from outliers more than from the batch; see docs/caching.md.
   */
  @IsNumber({ allowNaN: false, allowInfinity: false }) @Min(0) readonly weight: number = 0.5;
  /** First optimizer step that uses the memory: embeddings must have stopped moving fast. Null: after one epoch. */
  @IsOptional() @IsInt() @Min(0) readonly startStep: number | null = null;
  /** Remember batches before `startStep` too, so that the memory is full when it is first used. */
  @IsBoolean() readonly fillDuringWarmup: boolean = true;
  /** Steps after `startStep` over which the weight grows from nothing to `weight`. */
  @IsInt() @Min(0) readonly ramp: number = 0;
  /**
   * Remember embeddings by a slow copy of the parameters: after each update `copy = momentum · copy + (1 - momentum) · parameters`. Rows
   * then hardly drift. Costs one more forward pass a step. In [0, 1): 0.999 is usual; null = off.
   *
   * He et al., "Momentum Contrast for Unsupervised Visual Representation Learning", CVPR 2020.
   */
  @IsOptional() @IsNumber({ allowNaN: false, allowInfinity: false }) @Min(0) @Max(0.999999999) readonly momentum:
    number | null = null;

  constructor(given: Partial<XbmConfig> = {}) {
    settle<XbmConfig>(this, given);
  }
}
