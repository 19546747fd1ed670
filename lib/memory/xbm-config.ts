import { IsBoolean, IsInt, IsNumber, IsOptional, Min } from "../validation.js";
import { settle } from "../config.js";

/**
 * A memory of embeddings of earlier batches, with which a loss compares the current batch: more negatives (and positives) without a
 * larger batch. For losses that declare it, see `UsesMemory`.
 *
 * Wang, Zhang, Huang, Scott, "Cross-Batch Memory for Embedding Learning", CVPR 2020.
 */
export class XbmConfig {
  /** Rows remembered. */
  @IsInt() @Min(1) readonly bufferSize: number = 10_000;
  /** Factor of the memory's term in the loss. */
  @IsNumber({ allowNaN: false, allowInfinity: false }) @Min(0) readonly weight: number = 1;
  /** First optimizer step that uses the memory: embeddings must have stopped moving fast. Null: after one epoch. */
  @IsOptional() @IsInt() @Min(0) readonly startStep: number | null = null;
  /** Remember batches before `startStep` too, so that the memory is full when it is first used. */
  @IsBoolean() readonly fillDuringWarmup: boolean = true;
  /** Steps after `startStep` over which the weight grows from nothing to `weight`. */
  @IsInt() @Min(0) readonly ramp: number = 0;

  constructor(given: Partial<XbmConfig> = {}) {
    settle<XbmConfig>(this, given);
  }
}
