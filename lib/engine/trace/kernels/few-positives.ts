import { SemiHardNegatives, TripletCounts } from "../../../tensor/few-positives.js";
import type { GraphValue } from "../graph.js";
import { recordKernel } from "../kernel.js";

/** Kernels of this library's own that look at the positives of rows. */
export function recordFewPositives(): void {
  for (const kernel of [TripletCounts, SemiHardNegatives])
    recordKernel(kernel, ["bounds", "distances", "positives", "negatives"], ({ list }) => [
      "float32",
      (list[0] as GraphValue).shape,
    ]);
}
