import { TripletsBelow } from "../../../tensor/triplets-below.js";
import type { GraphValue } from "../graph.js";
import { recordKernel } from "../kernel.js";

/** Kernels of this library's own that count triplets. */
export function recordTriplets(): void {
  recordKernel(TripletsBelow, ["bounds", "near", "among"], ({ list }) => {
    const { shape } = list[0] as GraphValue;
    return {
      outputs: [
        ["float32", shape],
        ["float32", shape],
      ],
    };
  });
}
