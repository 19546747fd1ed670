import fc from "fast-check";
import type { PlainMemory } from "./loss.js";

/** Whether a column counts for a row. */
export type Mask = (row: number, column: number) => boolean;

/** Which columns a row belongs with and which not, in plain numbers. */
export interface PlainMasks {
  readonly positive: Mask;
  readonly negative: Mask;
}

/** Of a batch with itself. */
export const masksOf = (groups: readonly number[]): PlainMasks => ({
  positive: (a, b) => a !== b && groups[a] === groups[b],
  negative: (a, b) => groups[a] !== groups[b],
});

/** Of a batch with remembered rows. */
export const masksOfMemory = (groups: readonly number[], memory: PlainMemory): PlainMasks => ({
  positive: (a, b) => memory.valid[b] === 1 && groups[a] === memory.groups[b],
  negative: (a, b) => memory.valid[b] === 1 && groups[a] !== memory.groups[b],
});

/** Batches of small whole numbers in few groups: many distances are equal. */
export const tiedBatches: fc.Arbitrary<{ groups: number[]; rows: number[][] }> = fc
  .integer({ min: 1, max: 9 })
  .chain((n) => {
    const each = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(value, { minLength: n, maxLength: n });
    const coordinate = fc.integer({ min: -2, max: 2 });
    return fc.record({
      groups: each(fc.integer({ min: 0, max: 3 })),
      rows: each(fc.array(coordinate, { minLength: 2, maxLength: 2 })),
    });
  });
