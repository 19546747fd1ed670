/** How the vectors of a text's words become one: the least, the greatest or the mean of each number. */
export type WordPooling = "min" | "max" | "mean";

export const WORD_POOLINGS: readonly WordPooling[] = ["mean", "min", "max"];

/** One row of a table of vectors, `null` for zeros, and what it weighs in a mean. */
export interface WeighedRow {
  readonly row: number | null;
  readonly weight: number;
}

/**
 * Pools rows of `vectors` `[n, size]` into `target` `[poolings * size]`, one pooling after the other. The mean is the sum of weighed
 * rows by the number of rows, as in SIF; the least and the greatest are not weighed. No rows: zeros.
 */
export function poolWords(
  target: Float32Array,
  rows: readonly WeighedRow[],
  vectors: Float32Array,
  size: number,
  poolings: readonly WordPooling[],
): void {
  target.fill(0);
  if (rows.length === 0) return;
  poolings.forEach((pooling, place) => {
    for (let i = 0; i < size; i += 1) {
      let result = pooling === "mean" ? 0 : pooling === "min" ? Infinity : -Infinity;
      for (const { row, weight } of rows) {
        const value = row === null ? 0 : vectors[row * size + i]!;
        if (pooling === "mean") result += weight * value;
        else result = pooling === "min" ? Math.min(result, value) : Math.max(result, value);
      }
      target[place * size + i] = pooling === "mean" ? result / rows.length : result;
    }
  });
}
