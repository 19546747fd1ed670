import type { Comparison } from "./nearest-sides.js";

/** Squares of larger numbers may add up to more than float32 can say. */
const LARGEST = 1e15;

/**
 * Brings rows with very large numbers to numbers of about 1, in place, where only their direction counts: else their lengths would be
 * infinite, and the rows would seem to have no direction. By a power of two, which changes no digit.
 */
export function reduceLargeRows(comparison: Comparison, data: Float32Array, size: number): void {
  if (comparison.asInnerProduct()?.normalize !== true) return;
  for (let start = 0; start < data.length; start += size) {
    let largest = 0;
    for (let at = start; at < start + size; at += 1) largest = Math.max(largest, Math.abs(data[at]!));
    if (largest <= LARGEST) continue;
    const scale = 2 ** -Math.ceil(Math.log2(largest));
    for (let at = start; at < start + size; at += 1) data[at]! *= scale;
  }
}
