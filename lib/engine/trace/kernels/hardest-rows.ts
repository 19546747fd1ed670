import { HardestRows } from "../../../tensor/hardest-rows.js";
import type { GraphValue } from "../graph.js";
import { recordKernel } from "../kernel.js";

/** The kernel of this library's own that finds the hardest among many rows. */
export function recordHardestRows(): void {
  recordKernel(HardestRows, ["rows", "columns", "groups", "labels", "counted"], ({ list }) => {
    const [n] = (list[0] as GraphValue).shape as [number];
    return {
      outputs: [
        ["int32", [n]],
        ["int32", [n]],
        ["float32", [n]],
        ["float32", [n]],
      ],
    };
  });
}
